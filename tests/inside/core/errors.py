"""What the handlers of errors write to the log."""

import pytest
from flask import Flask
from sqlalchemy.exc import DataError

from app import create_app


@pytest.fixture
def failing(capsys: pytest.CaptureFixture[str]) -> Flask:
    """An application with a view for each error of data, created after `capsys`: its log goes to stdout."""
    app = create_app("testing")

    @app.get("/overflow")
    def overflow() -> str:
        raise OverflowError("int too large")

    @app.get("/data")
    def data() -> str:
        raise DataError("SELECT", {}, Exception("hunter2"))

    return app


def test_number_that_is_too_large_has_a_traceback_because_the_code_may_be_wrong(
    failing: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing.test_client().get("/overflow").status_code == 400
    assert "Traceback" in capsys.readouterr().out


def test_error_of_data_is_logged_without_values(failing: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing.test_client().get("/data").status_code == 400
    logged = capsys.readouterr().out
    assert "data error" in logged
    assert "hunter2" not in logged
