"""The health checks, without a database and from any host."""

import pytest
from app.extensions import db
from flask import Flask
from sqlalchemy.exc import OperationalError


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_reported_whatever_the_host(app: Flask, path: str) -> None:
    app.config["TRUSTED_HOSTS"] = ["example.com"]
    response = app.test_client().get(path, base_url="http://10.0.0.7")
    assert response.get_json()["status"] == "ok"
    assert response.headers["Cache-Control"] == "no-store"


def test_process_without_its_database_is_alive_but_not_ready(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("10.0.0.7 refused"))

    with monkeypatch.context() as patched:
        patched.setattr(db.session, "execute", refuse)
        response, alive = (app.test_client().get(path) for path in ("/readyz", "/healthz"))
    assert response.status_code == 503
    assert response.get_json() == {"status": "unavailable", "database": "unavailable"}
    assert alive.status_code == 200
