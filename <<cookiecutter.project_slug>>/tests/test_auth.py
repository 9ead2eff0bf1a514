"""Accounts as people use them: register, confirm, log in and out, and passwords."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth import services
from app.extensions import db, limiter
from app.models.account import MOST_FAILURES, User
from app.models.base import utc_now

from .accounts import ANN, BOB, PASSWORD, account, enter, link

BROWSER = {"Accept": "text/html"}
OTHER = "seven purple elephants dancing"


@pytest.fixture(autouse=True)
def patient(app: Flask) -> None:
    """No limit and no waiting, but where a test asks for them."""
    app.config.update(ACCOUNTS_RATELIMIT="1000 per minute", ACCOUNTS_SECONDS=0)
    limiter.reset()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser without a session."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client


@pytest.fixture
def outbox(app: Flask) -> list[EmailMessage]:
    """The mails that were sent in this test."""
    box: list[EmailMessage] = []
    app.extensions["mailman"].outbox = box
    return box


@pytest.fixture
def known(app: Flask) -> str:
    """The address of an account with ``PASSWORD``."""
    with app.app_context():
        account(BOB, PASSWORD)
    return BOB


def log_in(client: FlaskClient, email: str = BOB, password: str = PASSWORD, **more: str) -> int:
    """Send the form and give the status: 302 is in."""
    return client.post("/account/login", data={"email": email, "password": password, **more}).status_code


def comparable(text: str, email: str) -> str:
    """Give a page without what differs between any two."""
    return re.sub(r'name="csrf_token" type="hidden" value="[^"]*"', "", text.replace(email, ""))


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


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


@pytest.mark.parametrize(
    "path", ["https://evil.example/", "//evil.example", "/\\evil.example", "///evil.example"]
)
def test_log_in_leads_nowhere_else(visitor: FlaskClient, known: str, path: str) -> None:
    form = {"email": known, "password": PASSWORD, "next": path}
    response = visitor.post("/account/login", data=form)
    assert response.location in (None, "/%5Cevil.example")  # a path of this host
    assert path not in response.text


def test_visitor_is_led_to_the_page_and_back(visitor: FlaskClient, known: str) -> None:
    response = visitor.get("/account/tokens")
    assert response.location == "/account/login?next=/account/tokens"
    form = {"email": known, "password": PASSWORD, "next": "/account/tokens"}
    assert visitor.post("/account/login", data=form).location == "/account/tokens"


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


def test_question_before_something_delicate_takes_the_password(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        account(BOB, PASSWORD)
    enter(client, BOB)
    assert "Is it you?" in client.get("/account/verify").text
    assert client.post("/account/verify", data={"password": PASSWORD}).status_code == 302


def test_account_that_is_deactivated_is_out_at_once(app: Flask, visitor: FlaskClient, known: str) -> None:
    log_in(visitor)
    with app.app_context():
        services.deactivate(services.get_user(known))
    assert not is_in(visitor)
    assert log_in(visitor) == 200


def test_account_needs_no_second_factor_that_nobody_has_set_up(client: FlaskClient) -> None:
    assert client.get("/account/tf-setup").status_code == 404


def test_pages_are_there(client: FlaskClient) -> None:
    for path in ("", "tokens", "change", "verify"):
        assert client.get(f"/account/{path}").status_code == 200, path


def test_account_shows_nothing_personal_in_a_shell() -> None:
    assert repr(User(id=1, email=ANN)) == "<User 1>"
