"""What the handlers of errors write to the log."""

import pytest
from app import create_app
from app.core import errors
from app.extensions import db
from sqlalchemy import text
from sqlalchemy.exc import DataError, OperationalError, TimeoutError


def test_value_that_the_database_cannot_store_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app("testing")

    @app.get("/store")
    def store() -> str:
        raise DataError("SELECT", {}, Exception("hunter2"))

    assert app.test_client().get("/store").status_code == 400
    logged = capsys.readouterr().out
    assert "data error" in logged
    assert "Traceback" not in logged
    assert "hunter2" not in logged


def test_unavailable_database_is_one_line_for_each_request_and_one_traceback_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app("testing")
    monkeypatch.setattr(errors, "LAST_TRACEBACKS", {})

    @app.get("/read")
    def read() -> str:
        raise OperationalError("SELECT", {}, Exception("connection refused\nIs the server running?"))

    @app.get("/wait")
    def wait() -> str:
        raise TimeoutError("QueuePool limit reached")

    client = app.test_client()
    clock = {"now": 600.0}
    monkeypatch.setattr(errors, "monotonic", lambda: clock["now"])
    for path in ("/read", "/read", "/wait", "/read", "/wait"):
        assert client.get(path).status_code == 503
    logged = capsys.readouterr().out
    assert logged.count("database unavailable") == 5
    assert logged.count("connection refused") >= 3
    assert logged.count("Traceback") == 2
    clock["now"] += 60
    client.get("/read")
    assert capsys.readouterr().out.count("Traceback") == 1


def test_missing_table_is_an_error_of_the_server_and_no_outage(capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app("testing")
    app.config.update(PROPAGATE_EXCEPTIONS=False, SQLALCHEMY_DATABASE_URI="sqlite://")

    @app.get("/missing")
    def missing() -> str:
        return str(db.session.scalar(text("SELECT 1 FROM missing")))

    assert app.test_client().get("/missing").status_code == 500
    assert "no such table: missing" in capsys.readouterr().out
    with app.app_context():
        db.engine.dispose()
