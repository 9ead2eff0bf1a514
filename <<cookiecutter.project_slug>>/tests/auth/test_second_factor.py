"""Two-factor authentication, with ``TOTP_SECRET``."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import time

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP

from app import create_app
from app.auth import services
from app.auth.settings import security_settings
from app.config import load_config
from app.extensions import db
from app.models.account import MAX_FAILURES
from tests.support.accounts import BOB, PASSWORD, account, enter

now = [time()]  # on Bob's authenticator and on the server


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Flask]:
    """An application with two-factor authentication and Bob's account."""
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path}/factor.db")
    extra = {f"SECURITY_{key}": value for key, value in security_settings("Shop", "x1" * 20).items()}
    extra |= {"ACCOUNTS_SECONDS": 0, "ACCOUNTS_RATELIMIT": "1000 per minute"}
    monkeypatch.setattr(TOTP, "now", lambda: now[0])
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | extra)
    app = create_app("testing")
    with app.app_context():
        db.create_all()
        account(BOB, PASSWORD)
    yield app
    with app.app_context():
        db.engine.dispose()


def browser(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    return client


def code(app: Flask) -> str:
    """Move the time to Bob's next code, and return it."""
    now[0] += 30
    with app.app_context():
        secret = services.get_user(BOB).tf_totp_secret
        return str(services.security().totp_factory.generate_totp_password(secret))


def wrong_code(app: Flask) -> str:
    """Return a code that is invalid now and within ten minutes."""
    start, shown = now[0], set()
    for step in range(-20, 21):
        now[0] = start + 30 * (step - 1)
        shown.add(code(app))
    now[0] = start
    return next(digits for digits in map("{:06}".format, range(100)) if digits not in shown)


def switch_on(app: Flask) -> list[str]:
    """Set up an authenticator for Bob, and return the recovery codes."""
    client = browser(app)
    enter(client, BOB)
    assert "Generate recovery codes first" in client.get("/account/tf-setup").text
    codes = re.findall(r"<code>([^<]+)</code>", client.post("/account/mf-recovery-codes").text)
    page = client.post("/account/tf-setup", data={"setup": "authenticator"}).text
    key = re.search(r'class="secret">([^<]+)<', page)
    url = re.search(r'action="(/account/tf-setup/[^"]+)"', page)
    assert key
    assert url
    assert 'src="data:image/' in page
    assert client.post(url[1], data={"code": TOTP(key[1]).generate().token}).status_code == 302
    return codes


def begin(app: Flask) -> FlaskClient:
    """Return a client that has entered the right password."""
    client = browser(app)
    client.post("/account/login", data={"email": BOB, "password": PASSWORD})
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/account/").status_code == 200


def test_password_alone_is_not_enough_and_a_code_is(guarded: Flask) -> None:
    switch_on(guarded)
    client = begin(guarded)
    assert not is_in(client)
    assert "Enter your code" in client.get("/account/tf-validate").text
    client.post("/account/tf-validate", data={"code": wrong_code(guarded)})
    assert not is_in(client)
    client.post("/account/tf-validate", data={"code": code(guarded)})
    assert is_in(client)


def test_code_is_accepted_once(guarded: Flask) -> None:
    switch_on(guarded)
    shown = code(guarded)
    for expected in (True, False):
        client = begin(guarded)
        client.post("/account/tf-validate", data={"code": shown})
        assert is_in(client) is expected


def test_code_of_the_previous_minute_is_rejected(guarded: Flask) -> None:
    switch_on(guarded)
    shown = code(guarded)
    code(guarded)
    now[0] += 30
    client = begin(guarded)
    client.post("/account/tf-validate", data={"code": shown})
    assert not is_in(client)


@pytest.mark.parametrize("path", ["/account/tf-validate", "/account/mf-recovery"])
def test_wrong_codes_lock_the_account(guarded: Flask, path: str) -> None:
    recovery_codes = switch_on(guarded)
    client = begin(guarded)
    wrong = wrong_code(guarded)
    for _ in range(MAX_FAILURES):
        assert client.post(path, data={"code": wrong}).status_code == 200
    right = {"/account/tf-validate": code(guarded), "/account/mf-recovery": recovery_codes[0]}
    for path, shown in right.items():
        assert "too many failed attempts" in client.post(path, data={"code": shown}).text
        assert not is_in(client)
    with guarded.app_context():
        services.unlock(services.get_user(BOB))
    client.post("/account/tf-validate", data={"code": code(guarded)})
    assert is_in(client)


def test_code_is_rejected_before_the_password(guarded: Flask) -> None:
    response = browser(guarded).post("/account/tf-validate", data={"code": "000000"})
    assert response.location == "/account/login"


def test_recovery_code_is_accepted_once(guarded: Flask) -> None:
    codes = switch_on(guarded)
    assert len(codes) >= 5
    for expected in (True, False):
        client = begin(guarded)
        assert "Enter a recovery code" in client.get("/account/mf-recovery").text
        client.post("/account/mf-recovery", data={"code": codes[0]})
        assert is_in(client) is expected


def test_key_of_an_authenticator_is_stored_encrypted(guarded: Flask) -> None:
    switch_on(guarded)
    with guarded.app_context():
        assert '"enckey"' in str(services.get_user(BOB).tf_totp_secret)
