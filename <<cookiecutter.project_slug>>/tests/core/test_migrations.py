import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, migrate, upgrade
from sqlalchemy import Column, Table, inspect

from app import create_app, extensions
from app.extensions import db
from app.models.base import UTCDateTime

LATER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "later", {head!r}


def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
"""


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without tables."""
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path / 'migrations.db'}")
    app = create_app("testing")
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the migrations, with which the project's own environment works in this test."""
    copy = shutil.copytree("migrations", tmp_path / "migrations") / "versions"
    copy.mkdir(exist_ok=True)  # git keeps no folder without a migration

    def configure(config: Config) -> Config:
        config.set_main_option("path_separator", "os")
        config.set_main_option("version_locations", str(copy))
        return config

    monkeypatch.setattr(extensions.migrate, "configure_callbacks", [configure])
    return copy


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


def test_sql_can_be_written_instead_of_run(
    empty: Flask, versions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = ScriptDirectory("migrations").get_current_head()
    (versions / "later.py").write_text(LATER.format(head=head))
    upgrade(sql=True)
    assert "CREATE TABLE later" in capsys.readouterr().out
    assert tables() == set()


def test_new_migration_names_what_the_database_stores(empty: Flask, versions: Path) -> None:
    upgrade()
    later = Table("later", db.metadata, Column("moment", UTCDateTime()))
    try:
        migrate(message="later")
    finally:
        db.metadata.remove(later)
    (script,) = versions.glob("*_later.py")
    assert "sa.Column('moment', sa.DateTime(timezone=True)" in script.read_text()
    assert "app." not in script.read_text()
