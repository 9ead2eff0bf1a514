"""Requests that no browser sends: each gets a 4xx response and a line in the log. Run by a project's own pytest."""

import base64
import json
from collections.abc import Iterator

import pytest
import structlog
from app import create_app
from app.auth import services
from app.auth.settings import security_settings
from app.config import load_config
from app.extensions import db
from flask import Flask
from tests.support.accounts import ANN, PASSWORD, account, enter
from tests.support.authenticator import read_options

LONG = "x" * 5000
BROWSER = {"Accept": "text/html"}
STATES = (
    "",
    ".",
    "x",
    "a.b.c",
    "é",
    base64.urlsafe_b64encode(b'{"challenge": 1}').decode(),
    "W10.x.x",
    "bnVsbA.x.x",
)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application with a second factor; errors become responses, as in production."""
    extra = {f"SECURITY_{key}": value for key, value in security_settings("Shop", "x1" * 20).items()}
    extra |= {"ACCOUNTS_SECONDS": 0, "ACCOUNTS_RATELIMIT": "100000 per minute", "PROPAGATE_EXCEPTIONS": False}
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | extra)
    app = create_app("testing")
    with app.app_context():
        db.create_all()
        account(ANN, PASSWORD)
    yield app
    with app.app_context():
        db.engine.dispose()


def statuses(app: Flask, path: str, form: dict[str, str], inside: bool, **headers: str) -> list[int]:
    """Send a form, and return the statuses of the response and of its line in the log."""
    client = app.test_client()
    if inside:
        enter(client)
    with structlog.testing.capture_logs() as lines:
        status = client.post(path, data=form, headers=BROWSER | headers).status_code
    assert not [line for line in lines if "exc_info" in line or line["log_level"] == "error"]
    return [status, *(line["status"] for line in lines if line["event"] == "request")]


@pytest.mark.parametrize(
    ("path", "fields", "inside"),
    [
        ("/account/login", ["password"], False),
        ("/account/register", ["password", "password_confirm"], False),
        ("/account/verify", ["password"], True),
        ("/account/change", ["password"], True),
        ("/account/change", ["new_password", "new_password_confirm"], True),
    ],
)
def test_password_beyond_all_bounds_is_rejected(
    app: Flask, path: str, fields: list[str], inside: bool
) -> None:
    form = dict.fromkeys(("password", "new_password", "new_password_confirm", "password_confirm"), PASSWORD)
    form |= {"email": ANN if path.endswith("login") else "new@example.com"} | dict.fromkeys(fields, LONG)
    for text in (LONG, "é" * 9000, "\ufdfa" * 4096, "x\x00y" * 2000):
        assert statuses(app, path, form | dict.fromkeys(fields, text), inside) in ([200, 200], [400, 400])
    assert statuses(app, path, form | dict.fromkeys(fields, LONG * 80), inside) == [413, 413]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        *(
            (sent, 400)
            for sent in ("http://[", "https://localhost:99999999/", "https://[::1", "https://a:b/")
        ),
        *((sent, 400) for sent in ("\x80", "", "http://localhost/", "https://localhost.example/")),
        ("https://localhost/", 302),
    ],
)
def test_form_is_accepted_with_the_referer_of_this_site_alone(app: Flask, sent: str, status: int) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    page = client.get("/account/login", base_url="https://localhost", headers=BROWSER).text
    token = page.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
    for form, expected in (({}, 400), ({"csrf_token": "x"}, 400), ({"csrf_token": token}, status)):
        with structlog.testing.capture_logs() as lines:
            response = client.post(
                "/account/login",
                base_url="https://localhost",
                data={"email": ANN, "password": PASSWORD} | form,
                headers=BROWSER | {"Referer": sent},
            )
        assert response.status_code == expected
        assert [line["status"] for line in lines if line["event"] == "request"] == [expected]


@pytest.mark.parametrize("name", ["passkey", "passkeys", "passkey-verify"])
def test_invented_state_of_a_passkey_is_rejected(app: Flask, name: str) -> None:
    client = app.test_client()
    if name != "passkey":
        enter(client)
    for state in STATES:
        for credential in ("{}", "x", json.dumps({"id": "AAAA"}), "[]", "null", "\x00"):
            with structlog.testing.capture_logs() as lines:
                response = client.post(
                    f"/account/{name}/{state}", data={"credential": credential}, headers=BROWSER
                )
            assert response.status_code < 500
            assert [line["status"] for line in lines if line["event"] == "request"] == [response.status_code]
    url, _ = read_options(client.post(f"/account/{name}", data={"name": "a", "usage": "first"}).text)
    for credential in ("{}", "x", json.dumps({"id": "AAAA"}), "[]", "null", "\x00", "1", '{"id": 1}'):
        assert client.post(url, data={"credential": credential}, headers=BROWSER).status_code < 500


@pytest.mark.parametrize("action", ["help", "email", "x", ""])
def test_rescue_sends_no_mail(app: Flask, action: str) -> None:
    client = app.test_client()
    with app.app_context():
        user = services.get_user(ANN)
        user.tf_primary_method = "authenticator"
        user.tf_totp_secret = services.security().totp_factory.generate_totp_secret()
        db.session.commit()
        identity = user.fs_uniquifier
    with client.session_transaction() as session:
        session.update(tf_user_id=identity, tf_state="ready")
    box = app.extensions["mailman"].outbox = []
    response = client.post("/account/tf-rescue", data={"help_setup": action}, headers=BROWSER)
    assert response.status_code in (200, 404)
    assert box == []
