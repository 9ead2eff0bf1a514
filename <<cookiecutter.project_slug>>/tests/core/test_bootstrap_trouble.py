"""Setting a clone up where something is missing or fails: nothing half done stays, and the step is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import bootstrap
from scripts.bootstrap import Step, StepError
from tests.support.clone import Commands


def test_half_an_env_file_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: object, **options: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(bootstrap, "open", fail, raising=False)
    with pytest.raises(OSError, match="no space left"):
        bootstrap.make_env_file()
    assert not (root / ".env").exists()


@pytest.mark.parametrize("tool", ["apt", "pipx"])
def test_python_without_ensurepip_is_named_with_its_remedy(
    root: Path, monkeypatch: pytest.MonkeyPatch, tool: str
) -> None:
    def fail(*words: object) -> None:
        raise StepError("No module named 'ensurepip'")

    monkeypatch.setattr(bootstrap, "run", fail)
    monkeypatch.setattr("shutil.which", lambda name, path=None: name if name == tool else None)
    with pytest.raises(StepError, match="cannot make environments") as caught:
        bootstrap.make_environment()
    assert tool in caught.value.command


def test_half_an_environment_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: object) -> None:
        raise StepError("no space left")

    monkeypatch.setattr(bootstrap, "run", fail)
    monkeypatch.setattr("shutil.which", lambda name, path=None: name)
    with pytest.raises(StepError, match="no space left"):
        bootstrap.make_environment()
    assert not (root / bootstrap.VENV).exists()


def test_old_python_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))
    with pytest.raises(StepError, match="too old"):
        bootstrap.find_python()


def test_half_a_lock_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: object) -> None:
        (root / bootstrap.MANAGER.locks[0]).write_text("half")
        raise StepError("no space left")

    monkeypatch.setattr(bootstrap, "run", fail)
    monkeypatch.setattr("shutil.which", lambda name, path=None: name)
    with pytest.raises(StepError, match="no space left"):
        bootstrap.lock()
    assert not (root / bootstrap.MANAGER.locks[0]).exists()


def test_missing_tool_is_dealt_with(root: Path, monkeypatch: pytest.MonkeyPatch, commands: Commands) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
# <% if cookiecutter.dependency_manager == "venv" %>
    assert bootstrap.find_tool("uv") == str(root / bootstrap.BIN / "uv")
    assert commands[0][1:4] == ("-m", "pip", "install")

    def fail(*words: object) -> None:
        raise StepError("no network")

    monkeypatch.setattr(bootstrap, "run", fail)
    with pytest.raises(StepError, match="no network"):
        bootstrap.find_tool("uv")
    assert not (root / bootstrap.VENV).exists()
# <% endif %>
# <% if cookiecutter.dependency_manager != "venv" %>
    with pytest.raises(StepError, match="is not installed"):
        bootstrap.find_tool("tool")
# <% endif %>


def test_database_that_is_down_names_the_step(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.make_env_file()
    # Port 9 on this machine: nothing listens there.
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost:9/x")
    assert bootstrap.set_up([Step("database", bootstrap.migrate)])[0][1] == "make migrate"


def test_failing_migration_names_the_step(root: Path) -> None:
    bootstrap.make_env_file()
    (root / bootstrap.BIN / "flask").symlink_to(sys.executable)  # knows no command `db`
    assert bootstrap.set_up([Step("database", bootstrap.migrate)])[0][1] == "make migrate"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StepError("no network", "try again"), ("step: no network", "try again")),
        (OSError("disk full"), ("step: disk full", "make setup")),
        (ValueError("not a port"), ("step: not a port", "make setup")),
        (KeyboardInterrupt(), ("step: interrupted", "make setup")),
    ],
)
def test_failing_step_is_the_last_and_names_its_command(error: BaseException, said: tuple[str, str]) -> None:
    def fail() -> bool:
        raise error

    assert bootstrap.set_up([Step("step", fail), Step("never", fail)]) == [said]


def test_failing_command_says_what_it_said(root: Path) -> None:
    bootstrap.run(sys.executable, "-c", "")
    with pytest.raises(StepError, match="-c failed: boom"):
        bootstrap.run(sys.executable, "-c", "import sys; sys.exit('boom')")
    with pytest.raises(StepError, match="-m no-such-module failed: "):
        bootstrap.run(sys.executable, "-m", "no-such-module")


def test_main_fails_only_when_the_project_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bootstrap.py"])
    monkeypatch.setattr(bootstrap, "set_up", lambda steps: [("database: down", "make migrate")])
    assert bootstrap.main() == 0
    monkeypatch.setattr(bootstrap, "set_up", lambda steps: [("packages: no network", "make setup")])
    assert bootstrap.main() == 1
    assert "then: make setup" in capsys.readouterr().err
