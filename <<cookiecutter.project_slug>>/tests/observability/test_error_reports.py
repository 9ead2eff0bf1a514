"""Reports of unhandled exceptions."""

import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import sentry_sdk
from flask import Flask

from app import create_app
from app.config import ConfigError, load_config
from app.extensions import db
from tests.support.production import REQUIRED


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """The DSN of a service for error reports, and the reports that it has received."""
    got: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            got.append(body.decode())
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_address[1]}/1", got
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
    server.shutdown()
    server.server_close()


@pytest.fixture
def own(service: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application with error reports and a view that fails."""
    monkeypatch.setenv("TEST_SENTRY_DSN", service[0])
    monkeypatch.setenv("TEST_APP_ENV", "production")
    monkeypatch.setenv("TEST_SENTRY_RELEASE", "shop@1.2")
    app = create_app("testing")
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/things/<name>")
    def thing(name: str) -> str:
        password = "very-" + "secret"
        raise LookupError(f"no such thing, {len(password)}")

    yield app
    with app.app_context():
        db.engine.dispose()


def test_report_contains_the_error_and_no_input(own: Flask, service: tuple[str, list[str]]) -> None:
    client = own.test_client()
    client.set_cookie("session", "very-secret")
    response = client.post(
        "/things/very-secret?token=very-secret",
        data={"title": "very-secret"},
        headers={"Authorization": "very-secret", "X-Request-ID": "abc-123"},
        environ_base={"REMOTE_ADDR": "192.0.2.77"},
    )
    assert response.status_code == 500
    sentry_sdk.flush(timeout=10)
    text = "".join(service[1])
    assert "LookupError" in text
    assert "/things/<name>" in text
    assert "abc-123" in text
    assert '"release":"shop@1.2","environment":"production"' in text
    assert "very-secret" not in text
    assert "192.0.2.77" not in text


def test_handled_error_is_not_reported(own: Flask, service: tuple[str, list[str]]) -> None:
    own.test_client().get("/unknown")
    sentry_sdk.flush(timeout=1)
    assert not service[1]


def test_invalid_dsn_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (REQUIRED | {"SENTRY_DSN": "nowhere"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="SENTRY_DSN: "):
        load_config("production")
