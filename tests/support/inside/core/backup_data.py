"""Backups of the development database, and what a restore refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from app.extensions import db
from click.testing import CliRunner, Result
from flask import Flask
from flask_migrate import stamp
from scripts.backup_data import cli


@pytest.fixture
def file(app: Flask, tmp_path: Path) -> Iterator[Path]:
    """A backup of the database with a table of three rows, within the application's context."""
    with app.app_context():
        stamp()
        execute("CREATE TABLE things (name TEXT)")
        execute("INSERT INTO things VALUES ('one'), ('한국 😀'), (NULL)")
        assert run("backup", str(tmp_path / "file")).exit_code == 0
        yield tmp_path / "file"
        execute("DROP TABLE things")


def execute(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(db.text(statement))


def things() -> list[str | None]:
    with db.engine.connect() as connection:
        return list(connection.scalars(db.text("SELECT name FROM things")))


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_restore_restores_every_row(file: Path) -> None:
    execute("DELETE FROM things")
    assert run("restore", str(file), "--yes").exit_code == 0
    assert things() == ["one", "한국 😀", None]


def test_restore_needs_consent(file: Path) -> None:
    execute("DELETE FROM things")
    assert run("restore", str(file)).exit_code == 1
    assert things() == []


def test_file_that_is_no_backup_is_rejected(file: Path) -> None:
    file.write_bytes(b"something else" * 100)
    result = run("restore", str(file), "--yes")
    assert "nothing was restored" in result.output
    assert len(things()) == 3


def test_backup_of_another_revision_is_rejected(file: Path) -> None:
    stamp(revision="base")
    execute("INSERT INTO alembic_version VALUES ('another')")
    result = run("restore", str(file), "--yes")
    execute("DELETE FROM alembic_version")
    assert "the database at another" in result.output
