import re

import pytest
from flask import Flask, render_template_string, request, session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf

from app import create_app
from app.config import load_config
from app.core.security import HEADERS
from app.extensions import limiter
from tests.support.production import REQUIRED


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/css/app.css"])
def test_every_answer_has_the_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        assert {name: response.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in response.headers


def test_header_that_a_view_sets_itself_stays() -> None:
    app = create_app("testing")
    app.add_url_rule("/framed", view_func=lambda: ("", {"x-frame-options": "SAMEORIGIN"}))
    response = app.test_client().get("/framed")
    assert response.headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_inline_script_runs_with_the_nonce_of_its_page() -> None:
    app = create_app("testing")
    app.add_url_rule(
        "/inline", view_func=lambda: render_template_string("{{ csp_nonce() }} {{ csp_nonce() }}")
    )
    first, second = (app.test_client().get("/inline") for _ in range(2))
    nonce, again = first.text.split()
    assert nonce == again
    assert f"'nonce-{nonce}'" in first.headers["Content-Security-Policy"]
    assert first.text != second.text


@pytest.mark.parametrize(("hops", "seen"), [("0", "127.0.0.1"), ("1", "10.0.0.2"), ("2", "10.0.0.1")])
def test_forwarded_address_counts_as_far_as_the_proxies_go(
    monkeypatch: pytest.MonkeyPatch, hops: str, seen: str
) -> None:
    for name, value in (REQUIRED | {"TRUSTED_HOSTS": "localhost", "PROXY_HOPS": hops}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    # As a test, or the loggers would be put together for good.
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | {"TESTING": True})
    app = create_app("production")
    app.add_url_rule("/who", view_func=lambda: f"{request.remote_addr} {request.host}")
    headers = {"X-Forwarded-For": "10.0.0.1, 10.0.0.2", "X-Forwarded-Host": "evil.example"}
    response = app.test_client().get("/who", headers=headers)
    assert response.text == f"{seen} localhost"
    for answer in (response, app.test_client().get("/healthz")):
        assert re.match(r"max-age=\d{8}", answer.headers["Strict-Transport-Security"])


def test_page_of_one_visitor_is_not_stored(client: FlaskClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-store"
    with client.get("/static/css/app.css") as response:
        assert response.headers["Cache-Control"] != "no-store"
        assert "Vary" not in response.headers


def test_session_of_an_old_key_survives_and_comes_back_signed_with_the_new_one() -> None:
    app = create_app("testing")
    client = app.test_client()
    with client.session_transaction() as stored:
        stored["name"] = "Ann"
    app.config["SECRET_KEY_FALLBACKS"] = [app.config["SECRET_KEY"]]
    app.config["SECRET_KEY"] = "the new key"
    app.add_url_rule("/name", view_func=lambda: session.get("name", "nobody"))
    first, second = client.get("/name"), client.get("/name")
    assert first.text == "Ann"
    assert "Set-Cookie" in first.headers
    assert "Set-Cookie" not in second.headers
    app.config["SECRET_KEY_FALLBACKS"] = []
    assert client.get("/name").text == "Ann"


def test_form_that_was_open_while_the_key_changed_can_still_be_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with_forms = {"WTF_CSRF_ENABLED": True}
    tokens: list[str] = []
    for keys in (("old", []), ("new", ["old"]), ("new", [])):
        settings = with_forms | dict(zip(("SECRET_KEY", "SECRET_KEY_FALLBACKS"), keys, strict=True))
        monkeypatch.setattr("app.load_config", lambda name, more=settings: load_config(name) | more)
        app = create_app("testing")
        app.add_url_rule("/token", view_func=generate_csrf)
        app.add_url_rule("/send", view_func=lambda: "sent", methods=["POST"])
        client = app.test_client()
        with client.session_transaction() as stored:
            stored["csrf_token"] = "the same in all of them"
        sent = [client.post("/send", data={"csrf_token": token}).status_code for token in tokens]
        # What the old key has signed counts as long as that key does, and a page gets what the new one signs.
        assert sent == {"old": [], "new": [200] if keys[1] else [400, 200]}[keys[0]]
        tokens.append(client.get("/token").text)


def test_client_that_asks_too_often_must_wait(app: Flask, client: FlaskClient) -> None:
    app.config["RATELIMIT_DEFAULT"] = "2 per minute"
    with app.app_context():
        limiter.reset()
    first, second, third = (client.get("/") for _ in range(3))
    assert [first.status_code, second.status_code, third.status_code] == [200, 200, 429]
    assert 0 < int(third.headers["Retry-After"]) <= 61
    with app.app_context():
        limiter.reset()


def test_limiter_whose_storage_is_away_lets_requests_through(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("storage")

    monkeypatch.setattr(limiter.limiter, "hit", refuse)
    assert client.get("/").status_code == 200
