import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.blueprints.main import services
from app.extensions import db
from app.models import Note
from scripts import backup_data


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


def titles() -> list[str]:
    return [note.title for note in services.list_notes(1)]


def test_backup_brings_everything_back(migrated: Flask) -> None:
    note = services.create_note("한국 “quoted”\n😀", "Text")
    made: datetime = note.created
    path = backup_data.backup()
    services.delete_note(note)
    services.create_note("Later")

    assert backup_data.restore(path) == 1
    assert titles() == ["한국 “quoted”\n😀"]
    assert services.get_note(1).created == made


def test_ids_go_on_after_a_restore(migrated: Flask) -> None:
    for number in range(backup_data.ROWS_AT_ONCE + 1):
        db.session.add(Note(title=f"Note {number}"))
    db.session.commit()
    backup_data.restore(backup_data.backup())
    assert services.create_note("Next").id == backup_data.ROWS_AT_ONCE + 2


def test_backup_leaves_nothing_behind_when_it_fails(migrated: Flask, tmp_path: Path) -> None:
    db.drop_all()
    with pytest.raises(backup_data.BackupError):
        backup_data.backup(tmp_path / "out" / "file.gz")
    assert list((tmp_path / "out").iterdir()) == []


def test_backup_that_is_cut_off_changes_nothing(migrated: Flask, tmp_path: Path) -> None:
    services.create_note("Kept")
    path = backup_data.backup()
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(backup_data.BackupError, match="nothing was restored"):
        backup_data.restore(path)
    assert titles() == ["Kept"]


@pytest.mark.parametrize("head", [None, {"format": "other"}, {"format": "backup-1", "revision": "0000"}])
def test_file_that_does_not_belong_here_is_refused(migrated: Flask, tmp_path: Path, head: object) -> None:
    path = tmp_path / "other.gz"
    path.write_bytes(gzip.compress(json.dumps(head).encode()))
    with pytest.raises(backup_data.BackupError):
        backup_data.restore(path)


def test_value_without_a_form_is_named() -> None:
    with pytest.raises(TypeError, match="complex has no form"):
        backup_data.encode(1j)


def test_command_backs_up_and_restores(migrated: Flask, tmp_path: Path) -> None:
    services.create_note("Kept")
    path = str(tmp_path / "backup.gz")
    assert backup_data.main(["backup", path]) == f"Saved to {path}"
    assert backup_data.main(["restore", path]) == f"Restored 1 rows from {path}"


def test_command_says_what_went_wrong_in_one_line(migrated: Flask) -> None:
    with pytest.raises(SystemExit, match="nothing was restored from nowhere"):
        backup_data.main(["restore", "nowhere"])
