"""What mails can be asked for by anybody, and what their links do."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage
from structlog.testing import capture_logs

from app.auth import mail, services
from app.extensions import limiter
from tests.support.accounts import OTHER, PASSWORD, comparable, is_in, link, log_in
from tests.support.visitors import known as known
from tests.support.visitors import outbox as outbox
from tests.support.visitors import patient as patient
from tests.support.visitors import visitor as visitor

pytestmark = pytest.mark.usefixtures("patient")
VICTIM = "vic@example.com"


def register(client: FlaskClient, password: str, email: str = VICTIM) -> str:
    """Send the form, and give the page that follows."""
    form = {"email": email, "password": password, "password_confirm": password}
    return client.post("/account/register", data=form, follow_redirects=True).text


def forget(client: FlaskClient, email: str) -> str:
    """Ask for a new password, and give the page."""
    return comparable(client.post("/account/reset", data={"email": email}).text, email)


@pytest.mark.parametrize("way", ["register", "forget"])
def test_who_registers_an_address_first_has_no_share_in_the_account_of_its_owner(
    app: Flask, visitor: FlaskClient, outbox: list[EmailMessage], way: str
) -> None:
    attacker = app.test_client()
    register(attacker, PASSWORD)
    if way == "register":
        register(visitor, OTHER)
    else:
        forget(visitor, VICTIM)
    _, message = outbox
    assert str(message.body).count("http") == 1
    form = {"password": OTHER, "password_confirm": OTHER}
    assert visitor.post(link(message), data=form).location == "/account/login"
    assert log_in(attacker, VICTIM, PASSWORD) == 200
    assert not is_in(attacker)
    assert log_in(visitor, VICTIM, OTHER) == 302


def test_page_does_not_say_that_an_address_waits_to_be_confirmed(visitor: FlaskClient) -> None:
    register(visitor, PASSWORD)
    assert forget(visitor, VICTIM) == forget(visitor, "nobody@example.com")


def test_mailbox_gets_a_few_mails_an_hour_and_the_page_says_the_same(
    app: Flask, visitor: FlaskClient, known: str, outbox: list[EmailMessage]
) -> None:
    pages = {forget(visitor, known) for _ in range(3)}
    with capture_logs() as lines:
        for _ in range(4):
            register(visitor, OTHER, known.upper())
    pages.add(forget(visitor, known))
    assert len(pages) == 1
    assert len(outbox) == mail.MOST.amount
    held = [line for line in lines if line["event"] == "mail held back"]
    assert [line["kind"] for line in held] == ["auth/email/existing"] * 2
    assert known not in str(held)
    with app.app_context():
        services.security().mail_util.send_mail("auth/email/changed", "Changed", known, "", "Text", None)
    assert outbox[-1].subject == "Changed", "what an owner must know always comes"


def test_mail_leaves_while_nothing_can_be_counted(
    visitor: FlaskClient, known: str, outbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise ConnectionError(known)

    monkeypatch.setattr(type(limiter.limiter), "hit", fail)
    with capture_logs() as lines:
        forget(visitor, known)
    assert len(outbox) == 1
    assert {"event": "mails are not counted", "error": "ConnectionError", "log_level": "warning"} in lines
    assert known not in str(lines)
