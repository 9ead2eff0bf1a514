"""Sessions, remembered devices and passwords."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app.auth import services
from app.core.log_config import configure_logging
from app.extensions import db
from app.models.account import MOST_FAILURES
from tests.support.accounts import BOB, BROWSER, OTHER, PASSWORD, account, enter, is_in, link, log_in
from tests.support.visitors import known as known
from tests.support.visitors import outbox as outbox
from tests.support.visitors import patient as patient
from tests.support.visitors import visitor as visitor

pytestmark = pytest.mark.usefixtures("patient")


def test_log_out_ends_a_session_that_was_copied(app: Flask, visitor: FlaskClient, known: str) -> None:
    log_in(visitor)
    thief = app.test_client()
    cookie = visitor.get_cookie("session")
    assert cookie
    thief.set_cookie("session", cookie.value)
    assert thief.get("/account/", headers=BROWSER).status_code == 200
    assert visitor.post("/account/logout").status_code == 302
    assert not is_in(visitor)
    assert thief.get("/account/", headers=BROWSER).status_code == 302


def test_change_of_password_ends_other_sessions_and_keeps_this_one(
    app: Flask, visitor: FlaskClient, known: str, outbox: list[EmailMessage]
) -> None:
    other = app.test_client()
    log_in(other, remember="y")
    log_in(visitor)
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert visitor.post("/account/change", data=form).status_code == 302
    assert is_in(visitor)
    assert other.get("/account/", headers=BROWSER).status_code == 302
    assert "was changed" in outbox[0].subject
    assert log_in(other, password=OTHER) == 302


def test_forgotten_password_is_replaced_once(
    visitor: FlaskClient, known: str, outbox: list[EmailMessage]
) -> None:
    assert visitor.post("/account/reset", data={"email": known}).status_code == 200
    assert visitor.post("/account/reset", data={"email": "nobody@example.com"}).status_code == 200
    (message,) = outbox
    form = {"password": OTHER, "password_confirm": OTHER}
    assert "Choose a new password" in visitor.get(link(message)).text
    assert visitor.post(link(message), data=form).location == "/account/login"
    assert visitor.post(link(message), data=form).location == "/account/reset"
    assert log_in(visitor, password=OTHER) == 302


def test_link_of_a_mail_is_not_in_the_log(
    visitor: FlaskClient, known: str, outbox: list[EmailMessage], capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO", "json")
    visitor.post("/account/reset", data={"email": known})
    path = link(outbox[0])
    capsys.readouterr()
    assert visitor.get(path).status_code == 200
    logged = capsys.readouterr().out
    assert "/account/reset/..." in logged
    assert path not in logged


def test_log_in_renews_what_the_session_held(visitor: FlaskClient, known: str) -> None:
    with visitor.session_transaction() as session:
        session.update({"csrf_token": "planted", "basket": "planted"})
    log_in(visitor)
    with visitor.session_transaction() as session:
        assert "basket" not in session
        assert session.get("csrf_token") != "planted"


def test_remembered_device_is_in_without_a_session(visitor: FlaskClient, known: str) -> None:
    log_in(visitor, remember="y")
    visitor.delete_cookie("session")
    assert is_in(visitor)


def test_question_before_something_delicate_takes_the_password(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        account(BOB, PASSWORD)
    enter(client, BOB)
    assert "Is it you?" in client.get("/account/verify").text
    assert client.post("/account/verify", data={"password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("page", ["change", "verify"])
def test_session_that_was_found_open_does_not_guess_the_password(
    app: Flask, visitor: FlaskClient, known: str, page: str
) -> None:
    log_in(visitor)
    form = {"password": "wrong", "new_password": OTHER, "new_password_confirm": OTHER}
    for _ in range(MOST_FAILURES):
        assert visitor.post(f"/account/{page}", data=form).status_code == 200
    answer = visitor.post(f"/account/{page}", data=form | {"password": PASSWORD}, follow_redirects=True)
    assert "too many wrong tries" in answer.text
    with app.app_context():
        user = services.get_user(known)
        assert user.is_locked()
        assert user.verify_and_update_password(PASSWORD)


def test_account_that_is_deactivated_is_out_at_once(app: Flask, visitor: FlaskClient, known: str) -> None:
    log_in(visitor)
    with app.app_context():
        services.deactivate(services.get_user(known))
    assert not is_in(visitor)
    assert log_in(visitor) == 200


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/account/", 503), ("/not/here", 404)])
def test_visitor_who_is_in_gets_pages_while_the_database_is_away(
    app: Flask, visitor: FlaskClient, known: str, path: str, status: int
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("10.0.0.7 refused"))

    log_in(visitor)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", refuse)
    try:
        response = visitor.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", refuse)
    assert (response.status_code, response.mimetype) == (status, "text/html")
    assert response.headers["X-Request-ID"] in response.text
    assert is_in(visitor)
