import pytest
from flask import Flask
from flask_mailman import EmailMessage
from kombu.exceptions import OperationalError

from app.auth import mail, mail_task
from tests.conftest import Call
from tests.support.account_fixtures import outbox as outbox

MESSAGE = ("auth/email/added", "Hello", "ann@example.com", "me@example.com", "A secret link")


@pytest.fixture
def messages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that the broker receives."""
    sent: list[str] = []
    monkeypatch.setattr(app, "extensions", dict(app.extensions))
    monkeypatch.setitem(app.config, "BROKER_URL", "memory://")
    mail_task.init_mail_tasks(app)
    monkeypatch.setattr(mail_task.send_mail, "delay", sent.append)
    return sent


def test_broker_gets_a_mail_encrypted(
    app: Flask, messages: list[str], call: Call, outbox: list[EmailMessage]
) -> None:
    mail.send_with_app(app, *MESSAGE)
    assert outbox == []
    (message,) = messages
    assert "secret" not in message
    call(mail_task.send_mail, message)
    (sent,) = outbox
    assert (sent.subject, sent.to, sent.body) == ("Hello", ["ann@example.com"], "A secret link")


def test_queued_mail_can_be_read_after_a_change_of_the_key(
    app: Flask, messages: list[str], call: Call, outbox: list[EmailMessage]
) -> None:
    mail.send_with_app(app, *MESSAGE)
    app.config.update(SECRET_KEY_FALLBACKS=[app.config["SECRET_KEY"]], SECRET_KEY="x" * 40)
    call(mail_task.send_mail, messages[0])
    assert len(outbox) == 1


def test_mail_is_sent_at_once_while_the_broker_is_unavailable(
    app: Flask, messages: list[str], outbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_message: str) -> None:
        raise OperationalError

    monkeypatch.setattr(mail_task.send_mail, "delay", refuse)
    mail.send_with_app(app, *MESSAGE)
    assert len(outbox) == 1
