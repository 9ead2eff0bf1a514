"""Accounts for tests: Ann, for whom the fixtures act, Bob and others."""

import re
from time import time

from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth import services
from app.extensions import db
from app.models.account import User

ANN, BOB = "ann@example.com", "bob@example.com"
PASSWORD = "correct horse battery staple"
OTHER = "seven purple elephants dancing"
BROWSER = {"Accept": "text/html"}


def ann() -> int:
    """Return the id of Ann's account, which is created if it does not exist."""
    return account(ANN)


def account(email: str, password: str | None = None) -> int:
    """Return the id of an account, which is created if it does not exist."""
    user = services.security().datastore.find_user(email=email) or services.create_user(email, password)
    return int(user.id)


def enter(client: FlaskClient, email: str = ANN) -> None:
    """Log a client in without its password."""
    with client.application.app_context():
        identity = db.session.get_one(User, account(email)).fs_uniquifier
    with client.session_transaction() as session:
        session.update({"_user_id": identity, "_fresh": True, "fs_paa": time()})


def comparable(text: str, email: str) -> str:
    """Return a page without its CSRF token and the email address."""
    return re.sub(r'name="csrf_token" type="hidden" value="[^"]*"', "", text.replace(email, ""))


def link(mail: EmailMessage) -> str:
    """Return the path of the first link in a mail."""
    found = re.search(r"https?://[^/]+(/\S+)", str(mail.body))
    assert found
    return found[1]


def log_in(client: FlaskClient, email: str = BOB, password: str = PASSWORD, **more: str) -> int:
    """Submit the login form, and return the status: 302 after success."""
    return client.post("/account/login", data={"email": email, "password": password, **more}).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200
