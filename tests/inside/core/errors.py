"""What the handlers of errors write to the log."""

import pytest
from app import create_app
from sqlalchemy.exc import DataError


@pytest.mark.parametrize(
    ("error", "has_traceback"),
    [
        (OverflowError("int too large"), True),  # the code may be wrong, not the client
        (DataError("SELECT", {}, Exception("hunter2")), False),
    ],
)
def test_value_that_the_database_cannot_store(
    error: Exception, has_traceback: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    app = create_app("testing")

    @app.get("/store")
    def store() -> str:
        raise error

    assert app.test_client().get("/store").status_code == 400
    logged = capsys.readouterr().out
    assert "data error" in logged
    assert ("Traceback" in logged) is has_traceback
    assert "hunter2" not in logged
