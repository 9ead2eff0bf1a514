import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, migrate, upgrade
from sqlalchemy import Column, Table, inspect

from app import create_app
from app.extensions import db
from app.models.base import UTCDateTime


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without tables."""
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path / 'migrations.db'}")
    app = create_app("testing")
    with app.app_context():
        yield app
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_upgrade_makes_every_table_and_downgrade_removes_it(empty: Flask) -> None:
    upgrade()
    assert tables() == set(db.metadata.tables)
    downgrade(revision="base")
    assert tables() == set()


def test_models_and_migrations_agree(empty: Flask) -> None:
    upgrade()
    check()


def test_sql_can_be_written_instead_of_run(empty: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    upgrade(sql=True)
    assert "CREATE TABLE notes" in capsys.readouterr().out
    assert tables() == set()


def test_new_migration_names_what_the_database_stores(empty: Flask, tmp_path: Path) -> None:
    copy = shutil.copytree("migrations", tmp_path / "migrations")
    upgrade(str(copy))
    later = Table("later", db.metadata, Column("moment", UTCDateTime()))
    try:
        migrate(str(copy), message="later")
    finally:
        db.metadata.remove(later)
    (script,) = copy.glob("versions/*_later.py")
    assert "sa.Column('moment', sa.DateTime(timezone=True)" in script.read_text()
    assert "app." not in script.read_text()
