import runpy
import sys

import pytest
from dotenv import dotenv_values
from flask.testing import FlaskCliRunner

from app.config import ROOT


def test_hello_greets_by_name(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["hello"])
    assert result.exit_code == 0
    assert result.output.startswith("Hello from ")


@pytest.mark.parametrize(("command", "output"), [("hello", "Hello from"), ("routes", "main.index")])
def test_manage_is_the_flask_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, output: str
) -> None:
    for name in ("FLASK_SKIP_DOTENV", "FLASK_APP", "FLASK_RUN_FROM_CLI"):  # restored afterwards
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("FLASK_APP", "wsgi.py")
    monkeypatch.setenv("APP_ENV", "testing")
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path("manage.py", run_name="__main__")
    assert caught.value.code in (None, 0)
    assert output in capsys.readouterr().out


def test_flaskenv_names_the_application_and_the_debug_mode() -> None:
    assert dotenv_values(ROOT / ".flaskenv").items() >= {"FLASK_APP": "wsgi.py", "FLASK_DEBUG": "1"}.items()
