"""Fixtures for tests of accounts."""

from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth.mail import mail
from app.extensions import limiter

from .accounts import BOB, PASSWORD, account


@pytest.fixture
def no_rate_limits(app: Flask) -> None:
    """Disable rate limits and delays; a test may set its own."""
    app.config.update(ACCOUNTS_RATELIMIT="1000 per minute", ACCOUNTS_SECONDS=0)
    limiter.reset()


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    """A client without a session."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client


@pytest.fixture
def outbox(app: Flask) -> list[EmailMessage]:
    """The mails that the test has sent."""
    with app.app_context():
        mail.get_connection()  # it creates the list
    box = cast("list[EmailMessage]", app.extensions["mailman"].outbox)
    box.clear()
    return box


@pytest.fixture
def registered(app: Flask) -> str:
    """The email address of an account with ``PASSWORD``."""
    with app.app_context():
        account(BOB, PASSWORD)
    return BOB
