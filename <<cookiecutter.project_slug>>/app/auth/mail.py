"""Mail about accounts. It leaves in a thread: how long a mail server takes would tell who has an account."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import structlog
from flask import Flask, current_app
from flask_mailman import EmailMessage, Mail
from flask_security import MailUtil

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
mail = Mail()


class BackgroundMail(MailUtil):
    """Hands a mail to a thread, or sends it at once where ``TESTING`` is set."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.lock = Lock()
        self.threads: ThreadPoolExecutor | None = None

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
        """Send a mail of plain text; the parameters are those of Flask-Security."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        if app.testing:
            deliver(app, template, subject, str(recipient), str(sender), body or "")
            return
        with self.lock:
            # Made after the server has forked: a thread does not live on in a worker.
            self.threads = self.threads or ThreadPoolExecutor(2, thread_name_prefix="mail")
        self.threads.submit(deliver, app, template, subject, str(recipient), str(sender), body or "")


def deliver(app: Flask, template: str, subject: str, recipient: str, sender: str, body: str) -> None:
    """Send a mail; what goes wrong is logged, without the address."""
    try:
        with app.app_context():
            EmailMessage(subject, body, from_email=sender, to=[recipient]).send()
    except Exception as error:
        log.error("mail not sent", template=template, error=type(error).__name__, exc_info=error)
    else:
        log.info("mail sent", template=template)
