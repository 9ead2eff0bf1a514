"""Registration, confirmation, login, and pages for anonymous users."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth import services
from app.extensions import db
from app.models.account import MAX_FAILURES, User
from app.models.base import utc_now
from tests.support.account_fixtures import anonymous as anonymous
from tests.support.account_fixtures import no_rate_limits as no_rate_limits
from tests.support.account_fixtures import outbox as outbox
from tests.support.account_fixtures import registered as registered
from tests.support.accounts import BOB, OTHER, PASSWORD, ann, comparable, is_in, link, log_in

pytestmark = pytest.mark.usefixtures("no_rate_limits")


def test_user_registers_confirms_and_logs_in(anonymous: FlaskClient, outbox: list[EmailMessage]) -> None:
    form = {"email": "New@Example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    assert anonymous.post("/account/register", data=form).status_code == 302
    assert log_in(anonymous, "new@example.com") == 200  # not confirmed yet
    assert "Confirm your email address" in anonymous.get(link(outbox[0])).text
    assert anonymous.post(link(outbox[0]), data={"password": OTHER}).status_code == 200
    assert not is_in(anonymous)
    assert anonymous.post(link(outbox[0]), data={"password": PASSWORD}).status_code == 302
    assert is_in(anonymous)
    assert anonymous.get(link(outbox[0])).status_code == 302  # confirmed already


def test_registering_a_known_address_gets_the_same_response_and_another_mail(
    anonymous: FlaskClient, registered: str, outbox: list[EmailMessage]
) -> None:
    pages = []
    for email in (registered, "new@example.com"):
        form = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}
        response = anonymous.post("/account/register", data=form, follow_redirects=True)
        pages.append(comparable(response.text, email))
    assert pages[0] == pages[1]
    assert "It already has an account." in str(outbox[0].body)


@pytest.mark.parametrize(
    ("email", "password"),
    [(BOB, "wrong wrong wrong"), ("nobody@example.com", PASSWORD), (BOB, ""), ("no address", PASSWORD)],
)
def test_wrong_credentials_are_rejected(
    anonymous: FlaskClient, registered: str, email: str, password: str
) -> None:
    assert log_in(anonymous, email, password) == 200
    assert not is_in(anonymous)


def test_wrong_password_and_unknown_address_get_the_same_response(
    anonymous: FlaskClient, registered: str
) -> None:
    texts = [
        comparable(anonymous.post("/account/login", data={"email": email, "password": "wrong"}).text, email)
        for email in (registered, "nobody@example.com")
    ]
    assert texts[0] == texts[1]
    assert 'role="alert"' in texts[0]


@pytest.mark.parametrize("password", ["password1234", "short", "x" * 129, "bob@example.com", "qwertyuiop123"])
def test_weak_password_is_rejected(anonymous: FlaskClient, outbox: list[EmailMessage], password: str) -> None:
    form = {"email": BOB, "password": password, "password_confirm": password}
    assert 'aria-invalid="true"' in anonymous.post("/account/register", data=form).text
    assert not outbox


def test_account_is_locked_after_many_failures_and_unlocked_later(
    app: Flask, anonymous: FlaskClient, registered: str
) -> None:
    for _ in range(MAX_FAILURES):
        log_in(anonymous, password="wrong")
    with app.app_context():
        until = services.get_user(registered).locked_until
    for _ in range(MAX_FAILURES):
        log_in(anonymous, password="wrong")
    assert log_in(anonymous) == 200
    with app.app_context():
        user = services.get_user(registered)
        assert until
        assert user.locked_until == until, "failures while locked do not extend the lock"
        user.locked_until = utc_now() - timedelta(seconds=1)
        db.session.commit()
    assert log_in(anonymous) == 302
    with app.app_context():
        assert services.get_user(registered).failed_logins == 0


def test_login_attempts_are_rate_limited(app: Flask, anonymous: FlaskClient, registered: str) -> None:
    app.config["ACCOUNTS_RATELIMIT"] = "3 per minute"
    assert [log_in(anonymous, password="wrong") for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "///evil.example"]
)
def test_login_does_not_redirect_to_another_site(anonymous: FlaskClient, registered: str, path: str) -> None:
    form = {"email": registered, "password": PASSWORD, "next": path}
    response = anonymous.post("/account/login", data=form)
    assert response.location in (None, "/%5Cevil.example")  # a path of this host
    assert path not in response.text


def test_anonymous_user_is_redirected_to_login_and_back(anonymous: FlaskClient, registered: str) -> None:
    response = anonymous.get("/account/change")
    assert response.location == "/account/login?next=/account/change"
    form = {"email": registered, "password": PASSWORD, "next": "/account/change"}
    assert anonymous.post("/account/login", data=form).location == "/account/change"


def test_home_page_invites_anonymous_users_to_log_in(anonymous: FlaskClient) -> None:
    response = anonymous.get("/")
    assert response.status_code == 200
    assert 'href="/account/login"' in response.text


def test_anonymous_api_client_gets_a_problem(app: Flask) -> None:
    response = app.test_client().get("/account/")
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"


def test_account_forms_reject_json(anonymous: FlaskClient) -> None:
    assert anonymous.post("/account/login", json={"email": BOB, "password": PASSWORD}).status_code == 415


def test_response_time_is_a_multiple_of_the_step(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    app.config["ACCOUNTS_SECONDS"] = 2
    monkeypatch.setattr("app.auth.setup.time.sleep", waited.append)
    log_in(anonymous)
    assert 0 < waited[0] < 2


def test_rate_limited_response_is_not_delayed(
    app: Flask, anonymous: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    app.config.update(ACCOUNTS_SECONDS=2, ACCOUNTS_RATELIMIT="1 per minute")
    monkeypatch.setattr("app.auth.setup.time.sleep", waited.append)
    assert [log_in(anonymous), log_in(anonymous)] == [200, 429]
    assert len(waited) == 1


def test_two_factor_pages_do_not_exist_without_a_secret(client: FlaskClient) -> None:
    assert client.get("/account/tf-setup").status_code == 404


def test_account_pages_respond(client: FlaskClient) -> None:
    for path in ("", "change", "verify"):
        assert client.get(f"/account/{path}").status_code == 200, path


def test_repr_of_an_account_contains_no_personal_data(app: Flask) -> None:
    with app.app_context():
        assert repr(db.session.get(User, ann())) == f"<User ({ann()},)>"
