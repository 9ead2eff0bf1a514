"""What the tests of accounts share: a browser without a session, the mails, Bob's account."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.extensions import limiter

from .accounts import BOB, PASSWORD, account


@pytest.fixture
def patient(app: Flask) -> None:
    """No limit and no waiting, but where a test asks for them."""
    app.config.update(ACCOUNTS_RATELIMIT="1000 per minute", ACCOUNTS_SECONDS=0)
    limiter.reset()


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser without a session."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client


@pytest.fixture
def outbox(app: Flask) -> list[EmailMessage]:
    """The mails that were sent in this test."""
    box: list[EmailMessage] = []
    app.extensions["mailman"].outbox = box
    return box


@pytest.fixture
def known(app: Flask) -> str:
    """The address of an account with ``PASSWORD``."""
    with app.app_context():
        account(BOB, PASSWORD)
    return BOB
