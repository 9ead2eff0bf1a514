from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect

from app.extensions import db, migrate


def drop_everything() -> None:
    # <% if cookiecutter.database == "postgresql" %>
    with db.engine.begin() as connection:
        connection.execute(db.text("DROP SCHEMA public CASCADE"))
        connection.execute(db.text("CREATE SCHEMA public"))
    # <% endif %>
    db.engine.dispose()  # with its connections, a database in memory ends


@pytest.fixture
def empty(app: Flask) -> Iterator[None]:
    """The application's context, on a database without tables."""
    with app.app_context():
        # <% if cookiecutter.database == "postgresql" %>
        if db.engine.name != "postgresql":
            pytest.skip("TEST_DATABASE_URL names no PostgreSQL database")
        # <% endif %>
        drop_everything()
        yield
        drop_everything()
        db.create_all()


def test_there_is_one_newest_migration() -> None:
    heads = ScriptDirectory(migrate.directory).get_revisions("heads")
    files = sorted(Path(head.path).name for head in heads if head)
    assert len(files) <= 1, f"run flask db merge heads: {', '.join(files)}"


@pytest.mark.usefixtures("empty")
def test_migrations_build_what_the_models_describe() -> None:
    upgrade()
    check()
    downgrade(revision="base")
    assert inspect(db.engine).get_table_names() == ["alembic_version"]
