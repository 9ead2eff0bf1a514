import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, select

from app import create_app
from app.extensions import db
from app.models.base import UTCDateTime
from scripts import backup_data

MADE = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)


@pytest.fixture
def migrated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Flask]:
    """An application on a migrated database in a file, found by the script through the environment."""
    monkeypatch.setenv("APP_ENV", "testing")
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path / 'data.db'}")
    app = create_app()
    app.instance_path = str(tmp_path)
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def things(migrated: Flask) -> Iterator[Table]:
    """A table beside those of the application."""
    table = Table("things", db.metadata, Column("id", Integer, primary_key=True))
    table.append_column(Column("name", Text))
    table.append_column(Column("made", UTCDateTime()))
    table.create(db.engine)
    yield table
    db.metadata.remove(table)


def add(table: Table, *rows: dict[str, Any]) -> None:
    with db.engine.begin() as connection:
        connection.execute(table.insert(), rows)


def rows(table: Table) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]


def test_backup_brings_everything_back(things: Table) -> None:
    add(things, {"name": "한국 “quoted”\n😀", "made": MADE}, {"name": None, "made": None})
    stored = rows(things)
    path = backup_data.backup()
    with db.engine.begin() as connection:
        connection.execute(things.delete())
    add(things, {"name": "Later"})

    assert backup_data.restore(path) == 2
    assert rows(things) == stored == [(1, "한국 “quoted”\n😀", MADE), (2, None, None)]


def test_ids_go_on_after_a_restore(things: Table) -> None:
    add(things, *({"name": f"Thing {number}"} for number in range(backup_data.ROWS_AT_ONCE + 1)))
    backup_data.restore(backup_data.backup())
    add(things, {"name": "Next"})
    assert rows(things)[-1] == (backup_data.ROWS_AT_ONCE + 2, "Next", None)


def test_backup_leaves_nothing_behind_when_it_fails(things: Table, tmp_path: Path) -> None:
    things.drop(db.engine)
    with pytest.raises(backup_data.BackupError):
        backup_data.backup(tmp_path / "out" / "file.gz")
    assert list((tmp_path / "out").iterdir()) == []


def test_backup_that_is_cut_off_changes_nothing(things: Table) -> None:
    add(things, {"name": "Kept"})
    path = backup_data.backup()
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(backup_data.BackupError, match="nothing was restored"):
        backup_data.restore(path)
    assert rows(things) == [(1, "Kept", None)]


@pytest.mark.parametrize("head", [None, {"format": "other"}, {"format": "backup-1", "revision": "0000"}])
def test_file_that_does_not_belong_here_is_refused(migrated: Flask, tmp_path: Path, head: object) -> None:
    path = tmp_path / "other.gz"
    path.write_bytes(gzip.compress(json.dumps(head).encode()))
    with pytest.raises(backup_data.BackupError):
        backup_data.restore(path)


def test_bytes_come_back() -> None:
    keys = Table("keys", MetaData(), Column("key", LargeBinary))
    written = json.loads(json.dumps({"key": b"\x00\xff"}, default=backup_data.encode))
    assert backup_data.decode(keys, written) == {"key": b"\x00\xff"}
    assert backup_data.decode(keys, {"key": None}) == {"key": None}


def test_value_without_a_form_is_named() -> None:
    with pytest.raises(TypeError, match="complex has no form"):
        backup_data.encode(1j)


def test_command_backs_up_and_restores(things: Table, tmp_path: Path) -> None:
    add(things, {"name": "Kept"})
    path = str(tmp_path / "backup.gz")
    assert backup_data.main(["backup", path]) == f"Saved to {path}"
    assert backup_data.main(["restore", path]) == f"Restored 1 rows from {path}"


def test_command_says_what_went_wrong_in_one_line(migrated: Flask) -> None:
    with pytest.raises(SystemExit, match="nothing was restored from nowhere"):
        backup_data.main(["restore", "nowhere"])
