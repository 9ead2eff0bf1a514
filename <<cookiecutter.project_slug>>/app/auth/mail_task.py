"""Mail about accounts as a background task: retried while the mail server is unavailable."""

import base64
from hashlib import sha256

from celery import shared_task
from cryptography.fernet import Fernet, MultiFernet
from flask import Flask, current_app, json
from kombu.exceptions import OperationalError

from .mail import MailNotSent, send


def init_mail_tasks(app: Flask) -> None:
    """Send mails by a worker where there is a broker."""
    if app.config["BROKER_URL"]:
        app.extensions["mail_sender"] = send_later


@shared_task(acks_late=True, autoretry_for=(MailNotSent,), max_retries=5, retry_backoff=10)
def send_mail(encrypted: str) -> None:
    """Send a mail that ``send_later`` has encrypted."""
    send(*json.loads(fernet().decrypt(encrypted)))


def send_later(*message: str) -> None:
    """Queue a mail (see ``send``) for a worker, or send it here while the broker is unavailable.

    A mail may contain a link that opens an account, so the broker gets it encrypted with ``SECRET_KEY``.
    """
    try:
        send_mail.delay(fernet().encrypt(json.dumps(message).encode()).decode())
    except OperationalError:
        send(*message)


def fernet() -> MultiFernet:
    """Return what encrypts with the secret key, and decrypts with old ones too."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(sha256(f"mail:{key}".encode()).digest())) for key in keys]
    )
