"""Mail about accounts as a job: tried again while the mail server is away, and kept over a restart."""

import base64
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from flask import Flask, current_app, json

from app.jobs import Work, enqueue, job

from .mail import send


def init_mail_jobs(app: Flask) -> None:
    """Let mails leave as jobs, but where ``TESTING`` is set."""
    if not app.testing:
        app.extensions["mail_sender"] = queue


@job
def send_mail(_work: Work, sealed: str) -> None:
    """Send a mail that was sealed."""
    send(*json.loads(seal().decrypt(sealed)))


def queue(*message: str) -> None:
    """Have a mail sent by a worker; see ``send``.

    It may hold a link that opens an account, so its row, and a backup of it, can be read with ``SECRET_KEY`` only.
    """
    enqueue(send_mail, sealed=seal().encrypt(json.dumps(message).encode()).decode())


def seal() -> MultiFernet:
    """Give what encrypts with the secret key, and decrypts with old ones too."""
    keys = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(sha256(f"mail:{key}".encode()).digest())) for key in keys]
    )
