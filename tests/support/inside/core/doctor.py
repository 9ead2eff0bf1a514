from collections.abc import Iterator
from pathlib import Path

import pytest
from app import create_app
from app.extensions import db
from flask import Flask
from flask_migrate import stamp

from tests.support.production import COMPLETE


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Flask]:
    """An application without issues, on a migrated database."""
    for name, value in (COMPLETE | {"DATABASE_URL": f"sqlite:///{tmp_path / 'data.db'}"}).items():
        monkeypatch.setenv(f"TEST_{name}", value)
    app = create_app("testing")
    app.config.update(PREFERRED_URL_SCHEME="https", SESSION_COOKIE_SECURE=True, WTF_CSRF_ENABLED=True)
    with app.app_context():
        db.create_all()
        stamp()
    yield app
    with app.app_context():
        db.engine.dispose()


def run_doctor(app: Flask, *options: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["doctor", *options])
    return result.exit_code, result.output


def test_healthy_installation_has_no_issues(sound: Flask) -> None:
    assert run_doctor(sound, "--strict") == (0, "No issues found.\n")


def test_doubtful_settings_are_reported(sound: Flask) -> None:
    sound.config.update(PROXY_HOPS=0)
    assert run_doctor(sound)[0] == 0
    assert run_doctor(sound, "--strict")[0] == 1
    sound.config.update(PREFERRED_URL_SCHEME="http", TRUSTED_HOSTS=None)
    code, output = run_doctor(sound)
    assert code == 1
    for name in ("PROXY_HOPS", "APP_ENV", "TRUSTED_HOSTS"):
        assert name in output


def test_database_at_another_revision_is_reported(sound: Flask) -> None:
    with sound.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'unknown'")
    assert "is at revision unknown, which this release does not know" in run_doctor(sound)[1]
    with sound.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    assert "is at revision none" in run_doctor(sound)[1]


def test_database_that_does_not_respond_is_reported(sound: Flask, tmp_path: Path) -> None:
    with sound.app_context():
        db.engine.dispose()
    (tmp_path / "data.db").unlink()
    (tmp_path / "data.db").mkdir()
    assert "DATABASE_URL: no response" in run_doctor(sound)[1]
