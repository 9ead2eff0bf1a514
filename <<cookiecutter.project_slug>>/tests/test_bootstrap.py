"""Setting a clone up: what is made, what is left alone, what is said when a step cannot be done."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from scripts import bootstrap
from scripts.bootstrap import Step, StepError

Commands = list[tuple[str, ...]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty clone that the script takes for its own."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / ".env.example").write_text("# why\nSECRET_KEY=\nDATABASE_URL='sqlite:///dev.db'\n")
    (tmp_path / ".python-version").write_text(".".join(map(str, sys.version_info[:2])) + "\n")
    pyproject = '[project]\ndependencies = ["flask"]\n[dependency-groups]\ndev = []\n'
    (tmp_path / "pyproject.toml").write_text(pyproject)
    (tmp_path / bootstrap.BIN).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Return the list of commands that would have run."""
    ran: Commands = []
    monkeypatch.setattr(bootstrap, "run", lambda *words: ran.append(tuple(map(str, words))))
    monkeypatch.setattr("shutil.which", lambda name, path=None: name)
    return ran


def test_env_file_is_private_and_has_a_secret_of_its_own(root: Path) -> None:
    assert bootstrap.make_env_file()
    text = (root / ".env").read_text()
    assert text.startswith("# why\nSECRET_KEY=")
    assert len(text.split("SECRET_KEY=")[1].split("\n")[0]) == 64
    assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600


def test_existing_env_file_is_left_alone(root: Path) -> None:
    (root / ".env").write_text("SECRET_KEY=mine\n")
    assert not bootstrap.make_env_file()
    assert (root / ".env").read_text() == "SECRET_KEY=mine\n"


def test_environment_is_made_once(root: Path, commands: Commands) -> None:
    assert bootstrap.make_environment()
    assert commands == [("uv", "venv", "--clear", "--python", sys.executable, ".venv")]
    (root / bootstrap.PYTHON).touch()
    assert not bootstrap.make_environment()


def test_environment_without_uv_is_made_by_python(
    root: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
    assert bootstrap.make_environment()
    assert commands == [(sys.executable, "-m", "venv", "--clear", ".venv")]


def test_half_an_environment_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: object) -> None:
        raise StepError("no space left")

    monkeypatch.setattr(bootstrap, "run", fail)
    with pytest.raises(StepError, match="no space left"):
        bootstrap.make_environment()
    assert not (root / bootstrap.VENV).exists()


def test_wanted_python_is_preferred_to_the_running_one(root: Path, commands: Commands) -> None:
    (root / ".python-version").write_text("3.99\n")
    assert bootstrap.find_python() == "python3.99"


def test_missing_python_gives_way_to_the_running_one(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".python-version").write_text("3.99\n")
    monkeypatch.setattr("shutil.which", lambda name, path=None: str(root / "broken"))
    assert bootstrap.find_python() == sys.executable
    assert "Python 3.99 is not on this machine" in capsys.readouterr().out


def test_old_python_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (4, 0))
    with pytest.raises(StepError, match="too old"):
        bootstrap.find_python()


def test_lock_is_made_once_and_again_for_other_requirements(root: Path, commands: Commands) -> None:
    assert bootstrap.lock()
    assert len(commands) == len(bootstrap.MANAGER.lock)
    for name in bootstrap.MANAGER.locks:
        (root / name).touch()
    assert not bootstrap.lock()
    pyproject = root / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("flask", "quart"))
    assert bootstrap.lock()


def test_upgrade_renews_the_lock(root: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in bootstrap.MANAGER.locks:
        (root / name).touch()
    (root / bootstrap.PYTHON).touch()
    (root / "migrations").mkdir()
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "--upgrade"])
    assert bootstrap.main() == 0
    assert commands[0][-1] == bootstrap.MANAGER.upgrade


def test_packages_are_installed_once_for_each_lock(root: Path, commands: Commands) -> None:
    assert bootstrap.install()
    assert not bootstrap.install()
    (root / bootstrap.MANAGER.locks[0]).write_text("new")
    assert bootstrap.install()
    assert len(commands) == 2


def test_missing_tool_is_dealt_with(root: Path, monkeypatch: pytest.MonkeyPatch, commands: Commands) -> None:
    monkeypatch.setattr("shutil.which", lambda name, path=None: None)
# <% if cookiecutter.dependency_manager == "venv" %>
    assert bootstrap.find_tool("uv") == str(root / bootstrap.BIN / "uv")
    assert commands[0][1:4] == ("-m", "pip", "install")
# <% endif %>
# <% if cookiecutter.dependency_manager != "venv" %>
    with pytest.raises(StepError, match="is not installed"):
        bootstrap.find_tool("tool")
# <% endif %>


def test_database_is_migrated_until_it_is_current(root: Path, commands: Commands) -> None:
    bootstrap.make_env_file()
    assert bootstrap.migrate()
    (root / "instance").mkdir()
    (root / "instance" / "dev.db").touch()
    assert not bootstrap.migrate()
    assert commands == [(str(bootstrap.BIN / "flask"), "db", "upgrade")]


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


def test_main_fails_only_when_the_project_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bootstrap.py"])
    monkeypatch.setattr(bootstrap, "set_up", lambda steps: [("database: down", "make migrate")])
    assert bootstrap.main() == 0
    monkeypatch.setattr(bootstrap, "set_up", lambda steps: [("packages: no network", "make setup")])
    assert bootstrap.main() == 1
    assert "then: make setup" in capsys.readouterr().err


@pytest.mark.parametrize("live", [True, False])
def test_progress_is_one_line_for_each_step_that_did_something(
    live: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: live)
    assert bootstrap.set_up([Step("one", lambda: True), Step("two", lambda: False)]) == []
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "ok  one" in said
