import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask
from flask_migrate import stamp

from app import create_app
from app.core import doctor
from app.extensions import db
from tests.support.production import SOUND


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database at the newest revision, for each test to copy."""
    path = tmp_path_factory.mktemp("doctor") / "data.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_DATABASE_URL", f"sqlite:///{path}")
        app = create_app("testing")
    with app.app_context():
        db.create_all()
        stamp()
        db.engine.dispose()
    return path


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch, migrated: Path, tmp_path: Path) -> Iterator[Flask]:
    """A production application without issues."""
    shutil.copy(migrated, tmp_path)
    for name in ("FLASK_DEBUG", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (SOUND | {"DATABASE_URL": f"sqlite:///{tmp_path / 'data.db'}"}).items():
        monkeypatch.setenv(name, value)
    # Logging is configured for the whole process.
    monkeypatch.setattr("app.core.log_config.configure_logging", lambda *_, **__: None)
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    app = create_app("production")
    yield app
    with app.app_context():
        db.engine.dispose()


def run_doctor(app: Flask, *options: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["doctor", *options])
    return result.exit_code, result.output


def test_sound_installation_has_no_issues(sound: Flask) -> None:
    assert run_doctor(sound, "--strict") == (0, "No issues found.\n")


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"PREFERRED_URL_SCHEME": "http"}, "error: APP_ENV"),
        ({"SESSION_COOKIE_SECURE": False}, "error: SESSION_COOKIE_SECURE"),
        ({"TRUSTED_HOSTS": None}, "error: TRUSTED_HOSTS"),
        ({"PROXY_HOPS": 0}, "warning: PROXY_HOPS"),
        ({"SECRET_KEY_FALLBACKS": ["a", "b", "c", "d"]}, "warning: SECRET_KEY_FALLBACKS"),
    ],
)
def test_doubtful_setting_is_reported(sound: Flask, change: dict[str, Any], level: str) -> None:
    sound.config.update(change)
    code, output = run_doctor(sound)
    assert output.startswith(level)
    assert code == level.startswith("error")
    assert run_doctor(sound, "--strict")[0] == 1


def test_env_file_is_reported(sound: Flask, tmp_path: Path) -> None:
    (tmp_path / ".env").touch(mode=0o644)
    code, output = run_doctor(sound)
    assert code == 1
    assert "chmod 600 .env" in output


def test_database_at_another_revision_is_reported(sound: Flask) -> None:
    with sound.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    assert "is at revision older" in run_doctor(sound)[1]


def test_database_that_does_not_respond_is_reported(sound: Flask, tmp_path: Path) -> None:
    (tmp_path / "data.db").unlink()
    (tmp_path / "data.db").mkdir()
    assert "DATABASE_URL: no response" in run_doctor(sound)[1]


@pytest.mark.parametrize(("seconds", "issues"), [(0, 0), (60, 1)])
def test_different_clock_is_reported(seconds: int, issues: int) -> None:
    connection = Mock()
    connection.scalar.return_value = datetime.now(UTC) - timedelta(seconds=seconds)
    assert len(list(doctor.check_clock(connection))) == issues
