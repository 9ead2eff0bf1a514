"""Mail about accounts. It leaves in a thread: how long a mail server takes would tell who has an account."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import cache
from typing import Any

import structlog
from flask import Flask, current_app, render_template
from flask_mailman import EmailMessage, Mail
from flask_security import MailUtil
from limits import parse

from app.extensions import limiter

# What anybody can have sent to any address, and how much of it goes to one.
ASKED_FOR = {f"auth/email/{name}" for name in ("confirm", "existing", "reset")}
MOST = parse("5 per hour")

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
        """Have a mail of plain text sent; the parameters are those of Flask-Security.

        Too many for one address are held back, and the page says what it always says.
        """
        if template in ASKED_FOR and not one_more(str(recipient)):
            log.warning("mail held back", kind=template)
            return
        post(template, subject, str(recipient), str(sender), body or "")


def one_more(recipient: str) -> bool:
    """Count a mail, and say whether an address gets it. Where nothing can be counted it does, as pages do then."""
    try:
        return limiter.limiter.hit(MOST, "mail", recipient.lower())
    except Exception as error:  # each storage's library has its own
        log.warning("mails are not counted", error=type(error).__name__)
        return True


def post(kind: str, subject: str, recipient: str, sender: str, body: str) -> None:
    """Have a mail sent without waiting for it, or send it at once where ``TESTING`` is set; see ``send``."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if app.testing:
        send_as(app, kind, subject, recipient, sender, body)
    else:
        threads().submit(carried().run, send_as, app, kind, subject, recipient, sender, body)


def tell_owner(email: str, thing: str) -> None:
    """Let the owner of an account know of a new way in: he would not see one that a thief has added."""
    subject = f"A new {thing} for {current_app.config['APP_NAME']}"
    post(thing, subject, email, "", render_template("auth/email/added.txt", thing=thing))


def carried() -> Context:
    """Give what follows into a thread: what log lines carry, and the trace, but not the request, which will be over."""
    context = Context()
    for variable, value in copy_context().items():
        if not variable.name.startswith("flask."):
            context.run(variable.set, value)
    return context


@cache
def threads() -> ThreadPoolExecutor:
    """Give this process's threads, made when a mail leaves: a thread does not live on in a forked worker."""
    return ThreadPoolExecutor(2, thread_name_prefix="mail")


def send_as(app: Flask, *message: str) -> None:
    """Send a mail of an application, in its own way if it has one; what goes wrong is in the log, for nobody waits."""
    with app.app_context():
        try:
            app.extensions.get("mail_sender", send)(*message)
        except MailNotSent:
            pass  # it is logged
        except Exception as error:
            log.error("mail not sent", kind=message[0], error=type(error).__name__)


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
