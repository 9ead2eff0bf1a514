import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.extensions import db


def test_process_that_runs_is_alive(api: FlaskClient) -> None:
    assert api.get("/healthz").get_json() == {"status": "ok"}


def test_process_with_its_database_is_ready(api: FlaskClient) -> None:
    assert api.get("/readyz").get_json() == {"status": "ok", "database": "ok"}


def test_process_without_its_database_is_alive_but_not_ready(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("connect", {}, Exception("down"))

    monkeypatch.setattr(db.session, "execute", refuse)
    assert api.get("/readyz").status_code == 503
    assert api.get("/healthz").status_code == 200
