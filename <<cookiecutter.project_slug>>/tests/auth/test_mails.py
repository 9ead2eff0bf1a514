"""Mails that anyone can request, and their links."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage
from structlog.testing import capture_logs

from app.auth import mail, services
from app.extensions import limiter
from tests.support.account_fixtures import anonymous as anonymous
from tests.support.account_fixtures import no_rate_limits as no_rate_limits
from tests.support.account_fixtures import outbox as outbox
from tests.support.account_fixtures import registered as registered
from tests.support.accounts import OTHER, PASSWORD, comparable, is_in, link, log_in

pytestmark = pytest.mark.usefixtures("no_rate_limits")
VICTIM = "vic@example.com"


def register(client: FlaskClient, password: str, email: str = VICTIM) -> str:
    """Submit the form, and return the page that follows."""
    form = {"email": email, "password": password, "password_confirm": password}
    return client.post("/account/register", data=form, follow_redirects=True).text


def request_reset(client: FlaskClient, email: str) -> str:
    """Request a password reset, and return the page."""
    return comparable(client.post("/account/reset", data={"email": email}).text, email)


@pytest.mark.parametrize("way", ["register", "reset"])
def test_registering_a_foreign_address_gives_no_access_to_its_account(
    app: Flask, anonymous: FlaskClient, outbox: list[EmailMessage], way: str
) -> None:
    attacker = app.test_client()
    register(attacker, PASSWORD)
    if way == "register":
        register(anonymous, OTHER)
    else:
        request_reset(anonymous, VICTIM)
    _, message = outbox
    assert str(message.body).count("http") == 1
    form = {"password": OTHER, "password_confirm": OTHER}
    assert anonymous.post(link(message), data=form).location == "/account/login"
    assert log_in(attacker, VICTIM, PASSWORD) == 200
    assert not is_in(attacker)
    assert log_in(anonymous, VICTIM, OTHER) == 302


def test_reset_page_does_not_reveal_unconfirmed_addresses(anonymous: FlaskClient) -> None:
    register(anonymous, PASSWORD)
    assert request_reset(anonymous, VICTIM) == request_reset(anonymous, "nobody@example.com")


def test_mails_are_rate_limited_and_the_page_does_not_reveal_it(
    app: Flask, anonymous: FlaskClient, registered: str, outbox: list[EmailMessage]
) -> None:
    pages = {request_reset(anonymous, registered) for _ in range(3)}
    with capture_logs() as lines:
        for _ in range(4):
            register(anonymous, OTHER, registered.upper())
    pages.add(request_reset(anonymous, registered))
    assert len(pages) == 1
    assert len(outbox) == mail.RECIPIENT_LIMIT.amount
    dropped = [line for line in lines if line["event"] == "mail rate-limited"]
    assert [line["kind"] for line in dropped] == ["security/email/welcome_existing"] * 2
    assert registered not in str(dropped)
    with app.app_context():
        services.security().mail_util.send_mail(mail.NOTICE, "Changed", registered, "", "Text", None)
    assert outbox[-1].subject == "Changed", "notices are never dropped"


def test_mail_is_sent_while_the_rate_limiter_is_unavailable(
    anonymous: FlaskClient, registered: str, outbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> bool:
        raise ConnectionError(registered)

    monkeypatch.setattr(type(limiter.limiter), "hit", fail)
    with capture_logs() as lines:
        request_reset(anonymous, registered)
    assert len(outbox) == 1
    assert {
        "event": "mail rate limiter unavailable",
        "error": "ConnectionError",
        "log_level": "warning",
    } in lines
    assert registered not in str(lines)
