import pytest
from flask import Flask, request, session
from flask.testing import FlaskClient

from app import create_app
from app.core.security import HEADERS
from tests.support.production import REQUIRED


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/css/app.css"])
def test_every_response_has_the_security_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        assert {name: response.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in response.headers["Content-Security-Policy"]


def test_header_that_a_view_sets_stays() -> None:
    app = create_app("testing")
    app.add_url_rule("/framed", view_func=lambda: ("", {"x-frame-options": "SAMEORIGIN"}))
    assert app.test_client().get("/framed").headers.getlist("X-Frame-Options") == ["SAMEORIGIN"]


def in_production(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Flask:
    for name, value in (REQUIRED | {"TRUSTED_HOSTS": "localhost"} | variables).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    app = create_app("production")
    app.add_url_rule("/who", view_func=lambda: f"{request.root_path} {request.remote_addr} {request.host}")
    return app


@pytest.mark.parametrize(
    ("hops", "prefix", "seen"),
    [
        ("0", "true", " 127.0.0.1"),
        ("1", "false", " 10.0.0.2"),
        ("2", "false", " 10.0.0.1"),
        ("1", "true", "/shop 10.0.0.2"),
    ],
)
def test_proxies_are_trusted_as_far_as_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, hops: str, prefix: str, seen: str
) -> None:
    client = in_production(monkeypatch, PROXY_HOPS=hops, PROXY_PREFIX=prefix).test_client()
    headers = {
        "X-Forwarded-For": "10.0.0.1, 10.0.0.2",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/shop",
    }
    response = client.get("/who", headers=headers)
    assert response.text == f"{seen} localhost"
    assert "max-age=" in response.headers["Strict-Transport-Security"]


def test_page_that_uses_the_session_is_not_cached() -> None:
    app = create_app("testing")
    app.add_url_rule("/mine", "mine", lambda: session.get("name", "nobody"))
    app.add_url_rule("/public", "public", lambda: "same for all")
    mine, public = (app.test_client().get(path) for path in ("/mine", "/public"))
    assert mine.headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in public.headers


def test_session_survives_a_change_of_the_key() -> None:
    app = create_app("testing")
    app.add_url_rule("/name", view_func=lambda: session.get("name", "nobody"))
    client = app.test_client()
    with client.session_transaction() as stored:
        stored["name"] = "Ann"
    app.config.update(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[app.config["SECRET_KEY"]])
    assert client.get("/name").text == "Ann"
