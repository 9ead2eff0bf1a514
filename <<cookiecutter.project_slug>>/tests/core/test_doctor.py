import json
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.config import ConfigError
from app.core import checks, doctor
from app.extensions import db
from tests.support.production import SOUND


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database at the newest migration, for each test to copy."""
    path = tmp_path_factory.mktemp("doctor") / "data.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEST_DATABASE_URL", f"sqlite:///{path}")
        app = create_app("testing")
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return path


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch, migrated: Path, tmp_path: Path) -> Iterator[Flask]:
    """A production application with nothing to complain about."""
    shutil.copy(migrated, tmp_path)
    for name in ("FLASK_DEBUG", "FLASK_RUN_FROM_CLI", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in (SOUND | {"DATABASE_URL": f"sqlite:///{tmp_path / 'data.db'}"}).items():
        monkeypatch.setenv(name, value)
    # It would put the loggers together for good.
    monkeypatch.setattr("app.core.log_config.configure_logging", lambda *_, **__: None)
    app = create_app("production")
    app.instance_path = str(tmp_path / "instance")
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    (tmp_path / "migrations").symlink_to(Path("migrations").absolute())
    yield app
    with app.app_context():
        db.engine.dispose()


def examine(app: Flask, *options: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["doctor", *options])
    return result.exit_code, result.output


def test_sound_installation_gives_no_finding(sound: Flask) -> None:
    assert examine(sound, "--strict") == (0, "Nothing to complain about.\n")
    assert examine(sound, "--json") == (0, "[]\n")


@pytest.mark.parametrize(
    ("subject", "mistake"),
    [
        ("SECRET_KEY", {"SECRET_KEY": "change-me-change-me-change-me-change-me"}),
        ("SECRET_KEY_FALLBACKS", {"SECRET_KEY_FALLBACKS": ["short"]}),
        ("cookies", {"SESSION_COOKIE_SECURE": False}),
        ("cookies", {"SESSION_COOKIE_HTTPONLY": False}),
        ("cookies", {"SESSION_COOKIE_SAMESITE": None}),
        ("forms", {"WTF_CSRF_ENABLED": False}),
        ("TRUSTED_HOSTS", {"TRUSTED_HOSTS": None}),
        ("TRUSTED_HOSTS", {"TRUSTED_HOSTS": ["."]}),
        ("TRUSTED_HOSTS", {"TRUSTED_HOSTS": ["example.com", "*.example.com"]}),
        ("MAX_CONTENT_LENGTH", {"MAX_CONTENT_LENGTH": None}),
        ("MAX_CONTENT_LENGTH", {"MAX_CONTENT_LENGTH": 2**31}),
    ],
)
def test_mistake_is_found_and_fails(sound: Flask, subject: str, mistake: dict[str, Any]) -> None:
    sound.config.update(mistake)
    code, output = examine(sound, "--json")
    (finding,) = json.loads(output)
    assert (code, finding["level"], finding["subject"]) == (1, "error", subject)
    assert finding["remedy"]


@pytest.mark.parametrize(
    ("subject", "doubt"),
    [
        ("environment", {"PREFERRED_URL_SCHEME": "http"}),
        ("logs", {"LOG_FORMAT": "console"}),
        ("PROXY_HOPS", {"PROXY_HOPS": 0}),
        ("SECRET_KEY_FALLBACKS", {"SECRET_KEY_FALLBACKS": [SOUND["SECRET_KEY"] + str(n) for n in range(4)]}),
    ],
)
def test_doubt_is_named_and_fails_only_when_strict(sound: Flask, subject: str, doubt: dict[str, Any]) -> None:
    sound.config.update(doubt)
    code, output = examine(sound)
    assert code == 0
    assert output.startswith(f"warning {subject}: ")
    assert examine(sound, "--strict")[0] == 1


def test_env_file_is_found(sound: Flask, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=x\n")
    (tmp_path / ".env").chmod(0o644)
    subjects = [finding["problem"] for finding in json.loads(examine(sound, "--json")[1])]
    assert subjects == ["other users of this machine can read it", "production reads no file"]
    (tmp_path / ".env").chmod(0o600)
    sound.config["SESSION_COOKIE_SECURE"] = False
    assert "production reads" not in examine(sound)[1]


def test_database_at_another_migration_is_found(sound: Flask) -> None:
    with sound.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('older')")
    output = examine(sound)[1]
    assert "it stands at migration older" in output
    assert "flask db upgrade" in output


def test_database_that_does_not_answer_is_found(sound: Flask, tmp_path: Path) -> None:
    with sound.app_context():
        db.engine.dispose()
    (tmp_path / "data.db").unlink()
    (tmp_path / "data.db").mkdir()
    assert "no answer" in examine(sound)[1]


@pytest.mark.parametrize(("seconds", "findings"), [(0, 0), (60, 1)])
def test_clock_that_differs_from_the_database_server_s_is_found(
    monkeypatch: pytest.MonkeyPatch, seconds: int, findings: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(checks, "datetime", Mock(**{"now.return_value": now}))
    connection = Mock()
    connection.dialect.name = "postgresql"
    connection.scalar.return_value = now - timedelta(seconds=seconds)
    assert len(list(checks.check_clock(connection))) == findings


def test_folder_that_takes_nothing_is_found(sound: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with sound.app_context():
        assert [finding.subject for finding in checks.check_paths()] == ["instance"]


def test_debugger_is_found(sound: Flask) -> None:
    sound.debug = True
    with sound.app_context():
        assert [finding.subject for finding in checks.check_mode()] == ["debug"]


@pytest.mark.parametrize(
    "words",
    [
        ["db", "upgrade"],
        ["--app", "doctor", "users", "doctor", "--json"],
        ["-c", "a-server.py", "wsgi:app", "-e"],
        ["doctor"],
        ["doctor", "--json"],
        ["--app", "wsgi.py", "doctor", "--json"],
        ["-e", "production.env", "--debug", "doctor", "--strict", "--json"],
    ],
)
def test_application_that_refuses_to_start_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["flask", *words])
    problems = ["TRUSTED_HOSTS is missing", "FLASK_DEBUG is on: unset it", "the file is read: delete it"]
    said = doctor.refusal(ConfigError("Cannot start:", problems))
    printed = capsys.readouterr().out
    if "upgrade" in words or "users" in words or "wsgi:app" in words:
        assert (said, printed) == ("\n  - ".join(["Cannot start:", *problems]), "")
    elif words == ["doctor"]:
        assert said == 1
        assert "TRUSTED_HOSTS is missing\n    see .env.example" in printed
    else:
        assert said == 1
        subjects = {finding["subject"]: finding["remedy"] for finding in json.loads(printed)}
        assert subjects == {
            "TRUSTED_HOSTS": "see .env.example",
            "FLASK_DEBUG": "unset it",
            "start": "delete it",
        }
