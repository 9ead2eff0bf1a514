import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app import create_app
from app.core import health
from app.extensions import db


@pytest.fixture
def api() -> Iterator[FlaskClient]:
    """A client of an application that answers one host only."""
    app = create_app("testing")
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_process_that_runs_is_alive(api: FlaskClient) -> None:
    assert api.get("/healthz").get_json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_head_gets_the_head_alone_and_other_methods_are_told_which_there_are(
    api: FlaskClient, path: str
) -> None:
    response = api.head(path)
    assert response.status_code in (200, 503)
    assert int(response.headers["Content-Length"]) > 0
    assert not response.data
    refused = api.post(path)
    assert refused.status_code == 405
    assert refused.headers["Allow"] == "GET, HEAD"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"


def test_services_that_hang_are_waited_for_together(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def hang() -> None:
        release.wait(60)

    slow = {name: health.Check(api.application, hang) for name in "abcd"}
    monkeypatch.setattr(health, "SECONDS", 0.5)
    monkeypatch.setattr(probes(api), "checks", slow)
    begun = time.monotonic()
    assert api.get("/readyz").get_json() == {"status": "unavailable"} | dict.fromkeys("abcd", "timeout")
    release.set()
    assert time.monotonic() - begun < 1.5  # four times as long, one after the other


def test_process_with_its_database_is_ready(api: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "SECONDS", 60)  # it is ready, however slow this machine is
    assert api.get("/readyz").get_json() == {"status": "ok", "database": "ok"}


def test_process_without_its_database_is_alive_but_not_ready(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("connect", {}, Exception("down"))

    monkeypatch.setattr(health, "SECONDS", 60)
    monkeypatch.setattr(probes(api).checks["database"], "ask", refuse)
    response = api.get("/readyz")
    assert response.status_code == 503
    assert response.get_json() == {"status": "unavailable", "database": "unavailable"}
    assert api.get("/healthz").status_code == 200


def test_service_that_hangs_is_asked_once_and_not_waited_for(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, release = threading.Event(), threading.Event()
    asked: list[int] = []

    def hang() -> None:
        asked.append(1)
        begun.set()
        release.wait(60)

    monkeypatch.setattr(health, "SECONDS", 0.01)
    monkeypatch.setattr(probes(api).checks["database"], "ask", hang)
    answers = [api.get("/readyz") for _ in range(3)]
    assert begun.wait(60)
    release.set()
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert answers[0].get_json()["database"] == "timeout"
    assert asked == [1]


def probes(api: FlaskClient) -> health.Probes:
    app: Flask = api.application
    assert isinstance(app.wsgi_app, health.Probes)
    return app.wsgi_app
