"""Sessions, remember cookies and passwords."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.auth import services
from app.extensions import db
from app.models.account import MAX_FAILURES
from tests.support.account_fixtures import anonymous as anonymous
from tests.support.account_fixtures import no_rate_limits as no_rate_limits
from tests.support.account_fixtures import outbox as outbox
from tests.support.account_fixtures import registered as registered
from tests.support.accounts import BOB, BROWSER, OTHER, PASSWORD, account, enter, is_in, link, log_in

pytestmark = pytest.mark.usefixtures("no_rate_limits")


def test_logout_ends_a_stolen_session(app: Flask, anonymous: FlaskClient, registered: str) -> None:
    log_in(anonymous)
    thief = app.test_client()
    cookie = anonymous.get_cookie("session")
    assert cookie
    thief.set_cookie("session", cookie.value)
    assert thief.get("/account/", headers=BROWSER).status_code == 200
    assert anonymous.post("/account/logout").status_code == 302
    assert not is_in(anonymous)
    assert thief.get("/account/", headers=BROWSER).status_code == 302


def test_change_of_password_ends_other_sessions_and_keeps_this_one(
    app: Flask, anonymous: FlaskClient, registered: str, outbox: list[EmailMessage]
) -> None:
    other = app.test_client()
    log_in(other, remember="y")
    log_in(anonymous)
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert anonymous.post("/account/change", data=form).status_code == 302
    assert is_in(anonymous)
    assert other.get("/account/", headers=BROWSER).status_code == 302
    assert "was changed" in outbox[0].subject
    assert log_in(other, password=OTHER) == 302


def test_password_is_reset_once_per_link(
    anonymous: FlaskClient, registered: str, outbox: list[EmailMessage]
) -> None:
    assert anonymous.post("/account/reset", data={"email": registered}).status_code == 200
    assert anonymous.post("/account/reset", data={"email": "nobody@example.com"}).status_code == 200
    (message,) = outbox
    form = {"password": OTHER, "password_confirm": OTHER}
    assert "Choose a new password" in anonymous.get(link(message)).text
    assert anonymous.post(link(message), data=form).location == "/account/login"
    assert anonymous.post(link(message), data=form).location == "/account/reset"
    assert log_in(anonymous, password=OTHER) == 302


def test_reset_of_a_locked_account_unlocks_it(
    app: Flask, anonymous: FlaskClient, registered: str, outbox: list[EmailMessage]
) -> None:
    for _ in range(MAX_FAILURES):
        log_in(anonymous, password="wrong")
    anonymous.post("/account/reset", data={"email": registered})
    anonymous.post(link(outbox[0]), data={"password": OTHER, "password_confirm": OTHER})
    assert log_in(anonymous, password=OTHER) == 302


@pytest.mark.parametrize(
    ("site", "expected"), [("", "http://localhost"), ("https://example.com:8443", "https://example.com:8443")]
)
def test_links_lead_to_the_configured_site(
    app: Flask, anonymous: FlaskClient, registered: str, outbox: list[EmailMessage], site: str, expected: str
) -> None:
    app.config["SITE_URL"] = site
    anonymous.post("/account/reset", data={"email": registered})
    assert f"\n{expected}/account/reset/" in str(outbox[0].body)


def test_login_clears_the_session(anonymous: FlaskClient, registered: str) -> None:
    with anonymous.session_transaction() as session:
        session.update({"csrf_token": "planted", "basket": "planted"})
    log_in(anonymous)
    with anonymous.session_transaction() as session:
        assert "basket" not in session
        assert session.get("csrf_token") != "planted"


def test_remember_cookie_logs_in_without_a_session(anonymous: FlaskClient, registered: str) -> None:
    log_in(anonymous, remember="y")
    anonymous.delete_cookie("session")
    assert is_in(anonymous)


@pytest.mark.parametrize("value", ["forged", "forged|0123", "|", "forged|\N{SNOWMAN}"])
def test_forged_remember_cookie_is_rejected(anonymous: FlaskClient, value: str) -> None:
    anonymous.set_cookie("remember", value)
    assert anonymous.get("/account/").status_code == 302


def test_reauthentication_accepts_the_password(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        account(BOB, PASSWORD)
    enter(client, BOB)
    assert "Confirm it's you" in client.get("/account/verify").text
    assert client.post("/account/verify", data={"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("page", ["change", "verify"])
def test_wrong_passwords_in_an_open_session_lock_the_account(
    app: Flask, anonymous: FlaskClient, registered: str, page: str
) -> None:
    log_in(anonymous)
    form = {"password": "wrong", "new_password": OTHER, "new_password_confirm": OTHER}
    for _ in range(MAX_FAILURES):
        assert anonymous.post(f"/account/{page}", data=form).status_code == 200
    response = anonymous.post(f"/account/{page}", data=form | {"password": PASSWORD}, follow_redirects=True)
    assert "too many failed attempts" in response.text
    with app.app_context():
        user = services.get_user(registered)
        assert user.locked
        services.unlock(user)
        assert user.verify_and_update_password(PASSWORD)


def test_deactivated_account_is_logged_out_at_once(
    app: Flask, anonymous: FlaskClient, registered: str
) -> None:
    log_in(anonymous)
    with app.app_context():
        services.deactivate(services.get_user(registered))
    assert not is_in(anonymous)
    assert log_in(anonymous) == 200


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/account/", 503), ("/not/here", 404)])
def test_logged_in_user_gets_error_pages_while_the_database_is_unavailable(
    app: Flask, anonymous: FlaskClient, registered: str, path: str, status: int
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("10.0.0.7 refused"))

    log_in(anonymous)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        response = anonymous.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", refuse)
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert response.headers["X-Request-ID"] in response.text
    assert is_in(anonymous)
