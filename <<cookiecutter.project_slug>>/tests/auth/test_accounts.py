"""The settings of accounts, and mail."""

import os
from contextvars import ContextVar
from smtplib import SMTPRecipientsRefused
from threading import current_thread
from typing import Any

import pytest
from flask import Flask, has_request_context
from flask_mailman import EmailMessage
from structlog.contextvars import bound_contextvars, get_contextvars
from structlog.testing import capture_logs

from app import create_app
from app.auth import mail, services
from app.config import ConfigError, load_config
from tests.support.account_fixtures import outbox as outbox
from tests.support.production import REQUIRED


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://ann:p%40ss@mail.example", ("mail.example", 465, "ann", "p@ss", True, False)),
        ("smtp://ann:pass@mail.example:2525", ("mail.example", 2525, "ann", "pass", False, True)),
        ("smtp://ann:pass@mail.example", ("mail.example", 587, "ann", "pass", False, True)),
        ("smtp://localhost", ("localhost", 25, None, None, False, False)),
    ],
)
def test_mail_url_is_parsed_and_passwords_require_tls(
    monkeypatch: pytest.MonkeyPatch, url: str, server: tuple[Any, ...]
) -> None:
    monkeypatch.setenv("TEST_MAIL_URL", url)
    read = load_config("testing")
    names = ("SERVER", "PORT", "USERNAME", "PASSWORD", "USE_SSL", "USE_TLS")
    assert tuple(read[f"MAIL_{name}"] for name in names) == server
    assert read["MAIL_BACKEND"] == "smtp"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAIL_URL", "mail.example"),
        ("MAIL_URL", "http://mail.example"),
        ("MAIL_URL", "smtp://mail.example:port"),
        ("SITE_URL", "https://example.com/shop"),
        ("ACCOUNTS_RATELIMIT", "sometimes"),
        ("TOTP_SECRET", "short"),
    ],
)
def test_invalid_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TEST_{name}", value)
    with pytest.raises(ConfigError, match=f"TEST_{name}: ") as caught:
        load_config("testing")
    assert value not in str(caught.value)


@pytest.mark.parametrize(("url", "offered"), [("", False), ("smtp://localhost", True)])
def test_production_without_a_mail_server_has_no_registration(
    monkeypatch: pytest.MonkeyPatch, url: str, offered: bool
) -> None:
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in (REQUIRED | {"MAIL_URL": url}).items():
        monkeypatch.setenv(name, value)
    # TESTING keeps the logging of the other tests.
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | {"TESTING": True})
    app = create_app("production")
    assert ("security.register" in app.view_functions) is offered
    assert ("security.forgot_password" in app.view_functions) is offered
    assert app.config["REMEMBER_COOKIE_SECURE"]
    page = app.test_client().get("/account/login", base_url="https://example.com")
    assert ("/account/register" in page.text) is offered


def test_mail_is_sent_in_a_thread_with_the_request_id_and_trace(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    trace = ContextVar("trace", default="none")

    def send(*message: str) -> None:
        known = (get_contextvars().get("request_id"), trace.get(), has_request_context())
        sent.append((current_thread().name, known, *message))

    monkeypatch.setattr(mail, "send", send)
    monkeypatch.setattr(app, "testing", False)
    trace.set("a-trace")
    with app.test_request_context(), bound_contextvars(request_id="an-id"):
        util = services.security().mail_util
        util.send_mail("auth/email/added", "Hello", "ann@example.com", "no-reply@example.com", "Text", None)
    mail.executor().shutdown(wait=True)
    mail.executor.cache_clear()
    ((name, known, *message),) = sent
    assert name.startswith("mail")
    assert known == ("an-id", "a-trace", False)
    assert message == ["auth/email/added", "Hello", "ann@example.com", "no-reply@example.com", "Text"]


def test_mail_error_is_logged_without_the_address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_mail: EmailMessage) -> None:
        raise SMTPRecipientsRefused({"ann@example.com": (550, b"no such user: ann@example.com")})

    monkeypatch.setattr(EmailMessage, "send", refuse)
    with capture_logs() as lines:
        mail.send_with_app(
            app, "auth/email/added", "Hello", "ann@example.com", "no-reply@example.com", "Text"
        )
    assert lines[0]["error"] == "SMTPRecipientsRefused"
    assert "ann@example.com" not in str(lines)
    result = app.test_cli_runner().invoke(args=["users", "try-mail", "ann@example.com"])
    assert (result.exit_code, "SMTPRecipientsRefused" in result.output) == (1, True)


def test_unexpected_mail_error_is_logged_without_the_address(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_message: str) -> None:
        raise LookupError("ann@example.com")

    monkeypatch.setitem(app.extensions, "mail_sender", fail)
    with capture_logs() as lines:
        mail.send_with_app(
            app, "auth/email/added", "Hello", "ann@example.com", "no-reply@example.com", "Text"
        )
    (line,) = lines
    assert (line["kind"], line["error"]) == ("auth/email/added", "LookupError")
    assert "ann@example.com" not in str(lines)


def test_try_mail_sends_a_mail(app: Flask, outbox: list[EmailMessage]) -> None:
    result = app.test_cli_runner().invoke(args=["users", "try-mail", "ann@example.com"])
    assert "accepted" in result.output
    (sent,) = outbox
    assert sent.from_email == app.config["MAIL_DEFAULT_SENDER"]


@pytest.mark.parametrize(
    ("backend", "code", "message"), [("dummy", 1, "no mail is sent"), ("console", 0, "was printed")]
)
def test_try_mail_reports_a_missing_mail_server(
    app: Flask, monkeypatch: pytest.MonkeyPatch, backend: str, code: int, message: str
) -> None:
    monkeypatch.setitem(app.config, "MAIL_BACKEND", backend)
    monkeypatch.setattr(app.extensions["mailman"], "backend", backend)
    result = app.test_cli_runner().invoke(args=["users", "try-mail", "ann@example.com"])
    assert (result.exit_code, message in result.output) == (code, True)
