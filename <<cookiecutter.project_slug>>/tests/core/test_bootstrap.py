"""Setting a clone up: what is made and what is left alone."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from scripts import bootstrap
from scripts.bootstrap import Step
from tests.support.clone import Commands


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
    assert commands[-1] == (sys.executable, "-m", "venv", "--clear", ".venv")


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


def test_database_is_migrated_until_it_is_current(root: Path, commands: Commands) -> None:
    bootstrap.make_env_file()
    assert bootstrap.migrate()
    (root / "instance").mkdir()
    (root / "instance" / "dev.db").touch()
    assert not bootstrap.migrate()
    assert commands == [(str(bootstrap.BIN / "flask"), "db", "upgrade")]


@pytest.mark.parametrize("live", [True, False])
def test_progress_is_one_line_for_each_step_that_did_something(
    live: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: live)
    assert bootstrap.set_up([Step("one", lambda: True), Step("two", lambda: False)]) == []
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "ok  one" in said
