"""What several requests want at once, on real connections; run by a project's own pytest, see test_account_races.py."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from threading import Barrier

import pytest
import structlog
from app import create_app
from app.auth import services
from app.auth.settings import security_settings
from app.config import load_config
from app.extensions import db
from app.models import Export, Passkey, User
from flask import Flask
from flask.testing import FlaskClient
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import func, select
from tests.support.accounts import PASSWORD, account, enter, is_in, log_in
from tests.support.authenticator import Authenticator, read_options
from werkzeug.test import TestResponse

ROUNDS = int(os.environ["ROUNDS"])
numbers = count()


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    """The application on the database that the environment names; errors become responses, as in production."""
    extra = {f"SECURITY_{key}": value for key, value in security_settings("Shop", "x1" * 20).items()}
    extra |= {"ACCOUNTS_SECONDS": 0, "ACCOUNTS_RATELIMIT": "100000 per minute", "PROPAGATE_EXCEPTIONS": False}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.load_config", lambda name: load_config(name) | extra)
        app = create_app("testing")
    with app.app_context():
        db.drop_all()
        db.create_all()
    yield app
    with app.app_context():
        db.drop_all()
        db.engine.dispose()


def at_once(requests: Sequence[Callable[[], TestResponse]]) -> list[TestResponse]:
    """Send requests at the same moment: none is a server error, and each leaves its line in the log."""
    start = Barrier(len(requests))

    def send(request: Callable[[], TestResponse]) -> TestResponse:
        start.wait()
        return request()

    with ThreadPoolExecutor(len(requests)) as threads, structlog.testing.capture_logs() as lines:
        responses = list(threads.map(send, requests))
    statuses = sorted(response.status_code for response in responses)
    assert sorted(line["status"] for line in lines if line["event"] == "request") == statuses
    assert max(statuses) < 500
    return responses


def post(client: FlaskClient, path: str, **form: str) -> Callable[[], TestResponse]:
    return partial(client.post, path, data=form, headers={"Accept": "text/html"})


def member(app: Flask) -> str:
    """Create an account, and return its address."""
    email = f"user{next(numbers)}@example.com"
    with app.app_context():
        account(email, PASSWORD)
    return email


@pytest.mark.parametrize("kind", ["mf-recovery", "tf-validate"])
def test_code_logs_one_session_in(app: Flask, kind: str) -> None:
    email = member(app)
    with app.app_context():
        codes, factory = services.security().mf_recovery_codes_util, services.security().totp_factory
    for _ in range(ROUNDS):
        with app.app_context():
            user = services.get_user(email)
            user.tf_primary_method, user.tf_last_counter = "authenticator", None
            user.tf_totp_secret = factory.generate_totp_secret()
            recovery = codes.create_recovery_codes(user)
            db.session.commit()
            code = (
                recovery[0] if kind == "mf-recovery" else factory.generate_totp_password(user.tf_totp_secret)
            )
            identity = user.fs_uniquifier
        thieves = [app.test_client() for _ in range(6)]
        for thief in thieves:
            with thief.session_transaction() as session:
                session.update(tf_user_id=identity, tf_state="ready")  # the password was right
        at_once([post(thief, f"/account/{kind}", code=code) for thief in thieves])
        assert sum(map(is_in, thieves)) == 1
        with app.app_context():
            services.get_user(email).failed_logins = 0
            db.session.commit()
            left = codes.get_recovery_codes(services.get_user(email))
            assert left == recovery[kind == "mf-recovery" :]


def test_link_sets_one_new_password(app: Flask) -> None:
    email = member(app)
    for turn in range(ROUNDS):
        with app.test_request_context():
            url = f"/account/reset/{generate_reset_password_token(services.get_user(email))}"
        passwords = [f"seven purple elephants {turn} {place}" for place in "abcd"]
        responses = at_once(
            [post(app.test_client(), url, password=each, password_confirm=each) for each in passwords]
        )
        accepted = [response.location == "/account/login" for response in responses]
        assert accepted.count(True) == 1
        assert log_in(app.test_client(), email, passwords[accepted.index(True)]) == 302


def test_address_gets_one_account(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    form = {"password": PASSWORD, "password_confirm": PASSWORD}
    for _ in range(ROUNDS):
        name = f"twin{next(numbers)}"
        emails = [f"{name}@example.org", f"{name.title()}@Example.ORG"] * 2
        at_once([post(app.test_client(), "/account/register", email=each, **form) for each in emails])
        with app.app_context():
            same = func.lower(User.email) == emails[0]
            assert db.session.scalar(select(func.count(User.id)).where(same)) == 1
        assert name not in caplog.text.lower()


def test_passkeys_of_one_name_are_added_once(app: Flask) -> None:
    client = app.test_client()
    enter(client, email := member(app))
    for turn in range(ROUNDS):
        copies = [app.test_client() for _ in range(3)]
        sent = []
        for copy in copies:
            enter(copy, email)
            page = copy.post("/account/passkeys", data={"name": f"Phone {turn}", "usage": "first"}).text
            url, options = read_options(page)
            sent.append(post(copy, url, credential=Authenticator().make(options)))
        at_once(sent)
        with app.app_context():
            names = select(func.count(Passkey.id)).where(Passkey.name == f"Phone {turn}")
            assert db.session.scalar(names) == 1


def test_owner_has_one_unfinished_export(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.blueprints.exports.services.send", lambda export: None)  # no worker takes it
    for _ in range(ROUNDS):
        client = app.test_client()
        enter(client, member(app))
        cookie = client.get_cookie("session")
        copies = [app.test_client() for _ in range(8)]
        for copy in copies:
            copy.set_cookie("session", cookie.value)
        responses = at_once([post(copy, "/exports/") for copy in copies])
        assert len({response.location for response in responses}) == 1
    with app.app_context():
        assert db.session.scalar(select(func.count(Export.id))) == ROUNDS
