"""Mail about accounts, sent in a thread: the time that a mail server takes would tell who has an account."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import cache
from typing import Any

import structlog
from flask import Flask, current_app, render_template, request, url_for
from flask_mailman import EmailMessage, Mail
from flask_security import MailUtil
from limits import parse

from app.extensions import limiter

# Anyone can trigger Flask-Security's mails for any address, except this one; the limit is for each address.
NOTICE = "security/email/change_notice"
RECIPIENT_LIMIT = parse("5 per hour")

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
mail = Mail()


class MailNotSent(RuntimeError):
    """A mail that was not accepted; the message is the type of the error, whose text may name the address."""


class BackgroundMail(MailUtil):
    """Sends Flask-Security's mails in the background."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Send a plain-text mail in the background; the parameters are those of Flask-Security.

        Mails over the limit of a recipient are dropped; the page does not reveal it.
        """
        if template != NOTICE and not within_limit(str(recipient)):
            log.warning("mail rate-limited", kind=template)
            return
        send_in_background(template, subject, str(recipient), str(sender), body or "")


def within_limit(recipient: str) -> bool:
    """Count a mail, and return whether the recipient gets it: yes, if the rate limiter is unavailable."""
    try:
        return limiter.limiter.hit(RECIPIENT_LIMIT, "mail", recipient.lower())
    except Exception as error:  # each storage's library has its own
        log.warning("mail rate limiter unavailable", error=type(error).__name__)
        return True


def send_in_background(kind: str, subject: str, recipient: str, sender: str, body: str) -> None:
    """Send a mail (see ``send``) without waiting for it, or at once if ``TESTING`` is set."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if app.testing:
        send_with_app(app, kind, subject, recipient, sender, body)
    else:
        executor().submit(
            log_and_trace_context().run, send_with_app, app, kind, subject, recipient, sender, body
        )


def notify_owner(email: str, thing: str) -> None:
    """Notify the owner of an account of a new credential, which an attacker may have added."""
    subject = f"New {thing} for {current_app.config['APP_NAME']}"
    url = (current_app.config["SITE_URL"] or request.host_url[:-1]) + url_for("account.index")
    body = render_template("auth/email/added.txt", thing=thing, url=url)
    send_in_background(thing, subject, email, "", body)


def log_and_trace_context() -> Context:
    """Return a copy of the context for a thread: with request id and trace, without Flask's request."""
    context = Context()
    for variable, value in copy_context().items():
        if not variable.name.startswith("flask."):
            context.run(variable.set, value)
    return context


@cache
def executor() -> ThreadPoolExecutor:
    """Return this process's executor, created on first use: threads do not survive the fork of a worker."""
    return ThreadPoolExecutor(2, thread_name_prefix="mail")


def send_with_app(app: Flask, *message: str) -> None:
    """Send a mail by the application's ``mail_sender``, or ``send``; log errors, because no caller waits."""
    with app.app_context():
        try:
            app.extensions.get("mail_sender", send)(*message)
        except MailNotSent:
            pass  # ``send`` has logged it
        except Exception as error:
            log.error("mail not sent", kind=message[0], error=type(error).__name__)


def send(kind: str, subject: str, recipient: str, sender: str, body: str) -> None:
    """Send a mail now.

    Parameters:
        kind: what it is about, for the log, which never contains an address.
        subject: its subject.
        recipient: the address of the recipient.
        sender: the address of the sender; empty: ``MAIL_FROM``.
        body: its text.

    Raises:
        MailNotSent: the mail server was unavailable or rejected it.
    """
    try:
        EmailMessage(subject, body, from_email=sender or None, to=[recipient]).send()
    except Exception as error:
        log.error("mail not sent", kind=kind, error=type(error).__name__)
        raise MailNotSent(type(error).__name__) from None
    log.info("mail sent", kind=kind)
