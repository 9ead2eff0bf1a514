"""Signatures for accounts during a change of ``SECRET_KEY``."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import load_config
from app.extensions import db
from tests.support.accounts import BOB, BROWSER, OTHER, PASSWORD, account, is_in, link, log_in

Start = Callable[..., FlaskClient]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Start]:
    """Create the application with a key and its fallbacks on the same database; return a new client."""
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path / 'data.db'}")
    apps: list[Flask] = []

    def start(key: str, *old: str) -> FlaskClient:
        settings = {"SECRET_KEY": key, "SECRET_KEY_FALLBACKS": [*old], "ACCOUNTS_SECONDS": 0}
        monkeypatch.setattr("app.load_config", lambda name: load_config(name) | settings)
        apps.append(app := create_app("testing"))
        app.extensions["mailman"].outbox = []
        with app.app_context():
            db.create_all()
            account(BOB, PASSWORD)
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT"] = BROWSER["Accept"]
        return client

    yield start
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def cookie(client: FlaskClient, name: str = "remember") -> str:
    """Return the value of a cookie."""
    found = client.get_cookie(name)
    assert found
    return found.value


@pytest.mark.parametrize("session", [False, True])
def test_remember_cookie_of_an_old_key_is_accepted_and_renewed(start: Start, session: bool) -> None:
    browser = start("old")
    log_in(browser, remember="y")
    old = cookie(browser)
    during = start("new", "older", "old")
    during.set_cookie("remember", old)
    if session:
        during.set_cookie("session", cookie(browser, "session"))
    assert is_in(during)
    renewed = cookie(during)
    assert renewed != old
    response = during.get("/account/")
    assert not [header for header in response.headers.getlist("Set-Cookie") if "remember" in header], "once"
    for value, status in ((renewed, 200), (old, 302)):
        after = start("new")
        after.set_cookie("remember", value)
        assert after.get("/account/").status_code == status


def test_remember_cookie_is_invalid_after_logout(start: Start) -> None:
    browser = start("old")
    log_in(browser, remember="y")
    old = cookie(browser)
    browser.post("/account/logout")
    during = start("new", "old")
    during.set_cookie("remember", old)
    assert not is_in(during)
    assert cookie(during) == old


@pytest.mark.parametrize("value", ["forged", "forged|0123", "|", "forged|\N{SNOWMAN}"])
def test_forged_remember_cookie_is_rejected(start: Start, value: str) -> None:
    during = start("new", "old")
    during.set_cookie("remember", value)
    assert during.get("/account/").status_code == 302


def request_reset_link(browser: FlaskClient) -> str:
    """Request a password reset, and return the path of its link."""
    browser.post("/account/reset", data={"email": BOB})
    return link(browser.application.extensions["mailman"].outbox.pop())


def test_link_is_valid_while_its_key_is_a_fallback(start: Start) -> None:
    path = request_reset_link(start("old"))
    form = {"password": OTHER, "password_confirm": OTHER}
    assert start("new").post(path, data=form).location == "/account/reset"
    assert start("new", "old").post(path, data=form).location == "/account/login"


def test_link_is_signed_with_the_new_key(start: Start) -> None:
    path = request_reset_link(start("new", "older", "old"))
    assert "Choose a new password" in start("new").get(path).text
