import re

import pytest
from flask import render_template_string, request
from flask.testing import FlaskClient

from app import create_app
from app.security import HEADERS


@pytest.mark.parametrize("path", ["/", "/nothing", "/static/css/app.css", "/healthz"])
def test_every_answer_has_the_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as response:
        assert {name: response.headers[name] for name in HEADERS} == HEADERS
        assert "unsafe" not in response.headers["Content-Security-Policy"]
        assert "Strict-Transport-Security" not in response.headers


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
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdefghijklmnopqrstuv")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///:memory:")
    monkeypatch.setenv("TRUSTED_HOSTS", "localhost")
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    monkeypatch.setenv("PROXY_HOPS", hops)
    app = create_app("production")
    app.add_url_rule("/who", view_func=lambda: f"{request.remote_addr} {request.host}")
    headers = {"X-Forwarded-For": "10.0.0.1, 10.0.0.2", "X-Forwarded-Host": "evil.example"}
    response = app.test_client().get("/who", headers=headers)
    assert response.text == f"{seen} localhost"
    assert re.match(r"max-age=\d{8}", response.headers["Strict-Transport-Security"])
