"""Mail about accounts. It leaves in a thread: how long a mail server takes would tell who has an account."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

import structlog
from flask import Flask, current_app
from flask_mailman import EmailMessage, Mail
from flask_security import MailUtil

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
mail = Mail()


class MailNotSent(RuntimeError):
    """A mail that was not taken; the message is the kind of the error, because others name the address."""


class BackgroundMail(MailUtil):
    """How Flask-Security's mails leave."""

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
        """Have a mail of plain text sent; the parameters are those of Flask-Security."""
        post(template, subject, str(recipient), str(sender), body or "")


def post(kind: str, subject: str, recipient: str, sender: str, body: str) -> None:
    """Have a mail sent without waiting for it, or send it at once where ``TESTING`` is set; see ``send``."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if app.testing:
        send_as(app, kind, subject, recipient, sender, body)
    else:
        # What log lines carry, the id of the request first of all, does not follow into a thread by itself.
        carried = structlog.contextvars.get_contextvars()
        threads().submit(send_for, carried, app, kind, subject, recipient, sender, body)


@cache
def threads() -> ThreadPoolExecutor:
    """Give this process's threads, made when a mail leaves: a thread does not live on in a forked worker."""
    return ThreadPoolExecutor(2, thread_name_prefix="mail")


def send_for(carried: dict[str, Any], app: Flask, *message: str) -> None:
    """Send a mail as ``send_as`` does, in a thread, for the request whose log lines carry that."""
    with structlog.contextvars.bound_contextvars(**carried):
        send_as(app, *message)


def send_as(app: Flask, *message: str) -> None:
    """Send a mail of an application, in its own way if it has one; what goes wrong is in the log."""
    with app.app_context(), suppress(MailNotSent):
        app.extensions.get("mail_sender", send)(*message)


def send(kind: str, subject: str, recipient: str, sender: str, body: str) -> None:
    """Send a mail now.

    Parameters:
        kind: what it is about, for the log, which never names an address.
        subject: its subject.
        recipient: the address it goes to.
        sender: the address it comes from; empty: ``MAIL_FROM``.
        body: its text.

    Raises:
        MailNotSent: the mail server was not reached, or has not taken it.
    """
    try:
        EmailMessage(subject, body, from_email=sender or None, to=[recipient]).send()
    except Exception as error:
        log.error("mail not sent", kind=kind, error=type(error).__name__)
        raise MailNotSent(type(error).__name__) from None
    log.info("mail sent", kind=kind)
