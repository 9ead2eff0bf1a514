"""Accounts as people use them: register, confirm, log in, and what visitors see."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth import services
from app.extensions import db
from app.models.account import MOST_FAILURES, User
from app.models.base import utc_now
from tests.support.accounts import ANN, BOB, PASSWORD, comparable, is_in, link, log_in
from tests.support.visitors import known as known
from tests.support.visitors import outbox as outbox
from tests.support.visitors import patient as patient
from tests.support.visitors import visitor as visitor

pytestmark = pytest.mark.usefixtures("patient")


def test_somebody_new_registers_confirms_and_is_in(visitor: FlaskClient, outbox: list[EmailMessage]) -> None:
    form = {"email": "New@Example.com", "password": PASSWORD, "password_confirm": PASSWORD}
    assert visitor.post("/account/register", data=form).status_code == 302
    assert log_in(visitor, "new@example.com") == 200  # not confirmed yet
    assert visitor.get(link(outbox[0])).status_code == 302
    assert log_in(visitor, "new@example.com") == 302
    assert is_in(visitor)


def test_address_that_is_known_gets_the_same_answer_and_another_mail(
    visitor: FlaskClient, known: str, outbox: list[EmailMessage]
) -> None:
    answers = []
    for email in (known, "new@example.com"):
        form = {"email": email, "password": PASSWORD, "password_confirm": PASSWORD}
        response = visitor.post("/account/register", data=form, follow_redirects=True)
        answers.append(comparable(response.text, email))
    assert answers[0] == answers[1]
    assert "It has an account already." in str(outbox[0].body)


@pytest.mark.parametrize(
    ("email", "password"),
    [(BOB, "wrong wrong wrong"), ("nobody@example.com", PASSWORD), (BOB, ""), ("no address", PASSWORD)],
)
def test_wrong_log_in_stays_out(visitor: FlaskClient, known: str, email: str, password: str) -> None:
    assert log_in(visitor, email, password) == 200
    assert not is_in(visitor)


def test_wrong_password_and_unknown_address_get_the_same_answer(visitor: FlaskClient, known: str) -> None:
    texts = [
        comparable(visitor.post("/account/login", data={"email": email, "password": "wrong"}).text, email)
        for email in (known, "nobody@example.com")
    ]
    assert texts[0] == texts[1]
    assert 'role="alert"' in texts[0]


@pytest.mark.parametrize("password", ["password1234", "short", "x" * 129, "bob@example.com", "qwertyuiop123"])
def test_password_that_is_easy_is_refused(
    visitor: FlaskClient, outbox: list[EmailMessage], password: str
) -> None:
    form = {"email": BOB, "password": password, "password_confirm": password}
    assert 'aria-invalid="true"' in visitor.post("/account/register", data=form).text
    assert not outbox


def test_account_is_locked_after_many_failures_and_open_again_later(
    app: Flask, visitor: FlaskClient, known: str
) -> None:
    for _ in range(MOST_FAILURES):
        log_in(visitor, password="wrong")
    assert log_in(visitor) == 200
    with app.app_context():
        user = services.get_user(known)
        assert user.locked_until is not None
        user.locked_until = utc_now() - timedelta(seconds=1)
        db.session.commit()
    assert log_in(visitor) == 302
    with app.app_context():
        assert services.get_user(known).failed_logins == 0


def test_one_address_may_not_try_on_and_on(app: Flask, visitor: FlaskClient, known: str) -> None:
    app.config["ACCOUNTS_RATELIMIT"] = "3 per minute"
    assert [log_in(visitor, password="wrong") for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "///evil.example"]
)
def test_log_in_leads_nowhere_else(visitor: FlaskClient, known: str, path: str) -> None:
    form = {"email": known, "password": PASSWORD, "next": path}
    response = visitor.post("/account/login", data=form)
    assert response.location in (None, "/%5Cevil.example")  # a path of this host
    assert path not in response.text


def test_visitor_is_led_to_the_page_and_back(visitor: FlaskClient, known: str) -> None:
    response = visitor.get("/account/change")
    assert response.location == "/account/login?next=/account/change"
    form = {"email": known, "password": PASSWORD, "next": "/account/change"}
    assert visitor.post("/account/login", data=form).location == "/account/change"


def test_home_page_asks_a_visitor_in(visitor: FlaskClient) -> None:
    response = visitor.get("/")
    assert response.status_code == 200
    assert 'href="/account/login"' in response.text


def test_program_that_has_not_logged_in_gets_a_problem(app: Flask) -> None:
    response = app.test_client().get("/account/")
    assert response.status_code == 401
    assert response.content_type == "application/problem+json"


def test_account_forms_take_no_json(visitor: FlaskClient) -> None:
    assert visitor.post("/account/login", json={"email": BOB, "password": PASSWORD}).status_code == 415


def test_answer_takes_a_whole_number_of_steps(
    app: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    app.config["ACCOUNTS_SECONDS"] = 2
    monkeypatch.setattr("app.auth.setup.time.sleep", waited.append)
    log_in(visitor)
    assert 0 < waited[0] < 2


def test_who_tries_too_often_waits_for_nothing(
    app: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    app.config.update(ACCOUNTS_SECONDS=2, ACCOUNTS_RATELIMIT="1 per minute")
    monkeypatch.setattr("app.auth.setup.time.sleep", waited.append)
    assert [log_in(visitor), log_in(visitor)] == [200, 429]
    assert len(waited) == 1


def test_account_needs_no_second_factor_that_nobody_has_set_up(client: FlaskClient) -> None:
    assert client.get("/account/tf-setup").status_code == 404


def test_pages_are_there(client: FlaskClient) -> None:
    for path in ("", "change", "verify"):
        assert client.get(f"/account/{path}").status_code == 200, path


def test_account_shows_nothing_personal_in_a_shell() -> None:
    assert repr(User(id=1, email=ANN)) == "<User 1>"
