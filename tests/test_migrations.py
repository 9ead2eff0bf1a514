"""Migrations of an owner: what a migration does not drop keeps every row, and one that fails can be repeated."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres import Postgres
from project import Project

on_sqlite = pytest.mark.parametrize("project", ["defaults"], indirect=True)
on_both = pytest.mark.parametrize("project", ["defaults", "api"], indirect=True)

# Every way in which rows may depend on those of a table that a migration alters.
SHAPES = '''"""Tables that refer to each other."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base

WIDTH = 100


class Parent(Base):
    __tablename__ = "parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))


class Cascading(Base):
    __tablename__ = "cascading"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id", ondelete="CASCADE"))


class SecondLevel(Base):
    __tablename__ = "second_level"

    id: Mapped[int] = mapped_column(primary_key=True)
    above_id: Mapped[int] = mapped_column(ForeignKey("cascading.id", ondelete="CASCADE"))


class Nulled(Base):
    __tablename__ = "nulled"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("parents.id", ondelete="SET NULL"))


class Strict(Base):
    __tablename__ = "strict"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))


class Restricted(Base):
    __tablename__ = "restricted"

    id: Mapped[int] = mapped_column(primary_key=True)
    strict_id: Mapped[int] = mapped_column(ForeignKey("strict.id", ondelete="RESTRICT"))


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    above_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id", ondelete="CASCADE"))


class Team(Base):
    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    leader_id: Mapped[int | None] = mapped_column(
        ForeignKey("members.id", ondelete="SET NULL", use_alter=True)
    )


class Member(Base):
    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(WIDTH))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))


class ParentOfTeam(Base):
    __tablename__ = "parents_of_teams"

    parent_id: Mapped[int] = mapped_column(ForeignKey("parents.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
'''
ROWS = """
INSERT INTO parents VALUES (1, 'one'), (2, 'two');
INSERT INTO cascading VALUES (1, 'a', 1), (2, 'b', 2);
INSERT INTO second_level VALUES (1, 1), (2, 2);
INSERT INTO nulled VALUES (1, 1), (2, NULL);
INSERT INTO strict VALUES (1, 'x'), (2, 'y');
INSERT INTO restricted VALUES (1, 2);
INSERT INTO nodes VALUES (1, 'root', NULL), (2, 'leaf', 1);
INSERT INTO teams VALUES (1, 'red', NULL);
INSERT INTO members VALUES (1, 'Ann', 1), (2, 'Ben', 1);
UPDATE teams SET leader_id = 2;
INSERT INTO parents_of_teams VALUES (1, 1);
"""
TABLES = [line.split()[2] for line in ROWS.splitlines() if line.startswith("INSERT")]
MIGRATION = '''"""{name}"""

import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "{after}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}


def downgrade() -> None:
    pass
'''


class Owner:
    """What the owner of a project does with it, on a database of their own.

    Parameters:
        project: a clone that may be changed.
        connect: opens a connection to its database.
    """

    def __init__(self, project: Project, connect: Callable[[], Any]) -> None:
        self.project = project
        self.connect = connect
        self.shapes = project.path / "app/models/shapes.py"

    def flask(self, *words: str, check: bool = True) -> str:
        """Run a command of the `flask` program."""
        return self.project.run(".venv/bin/flask", *words, check=check)

    def write_models(self, text: str) -> None:
        """Write the models and the migration that brings the database to them, and run it."""
        package = self.shapes.with_name("__init__.py")
        if not self.shapes.exists():
            package.write_text(f"{package.read_text('utf-8')}from . import shapes as shapes\n", "utf-8")
        self.shapes.write_text(text, "utf-8")
        self.flask("db", "migrate", "-m", "Change")
        self.flask("db", "upgrade")

    def write_migration(self, name: str, body: str) -> Path:
        """Write a migration by hand; it is the newest one then."""
        newest = self.flask("db", "heads").split()[-2]
        path = self.project.path / f"migrations/versions/{name}.py"
        path.write_text(MIGRATION.format(name=name, after=newest, body=body), "utf-8")
        return path

    def execute(self, statements: str) -> None:
        """Execute statements on the database, as the application would: foreign keys hold."""
        connection = self.connect()
        for statement in filter(str.strip, statements.split(";")):
            connection.execute(statement)
        connection.commit()
        connection.close()

    def rows(self) -> dict[str, list[Any]]:
        """Return the rows of all tables."""
        connection = self.connect()
        found = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in TABLES}
        connection.close()
        return found

    def schema(self) -> list[Any]:
        """Return the statements that describe an SQLite database."""
        connection = self.connect()
        found = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        connection.close()
        return found


@pytest.fixture
def owner(project: Project, request: pytest.FixtureRequest, tmp_path: Path) -> Owner:
    """The owner of a clone with the tables of `SHAPES` and rows in them."""
    subprocess.run(["git", "clone", "--quiet", project.path, tmp_path / "clone"], check=True)
    (tmp_path / "clone/.venv").symlink_to(project.path / ".venv")
    (tmp_path / "clone/.env").write_bytes((project.path / ".env").read_bytes())
    if project.answers["database"] == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.create_database("owner")
        connect: Callable[[], Any] = lambda: psycopg.connect(url.replace("+psycopg", ""))  # noqa: E731
    else:
        url = f"sqlite:///{tmp_path / 'owner.db'}"

        def connect() -> Any:
            connection = sqlite3.connect(tmp_path / "owner.db")
            connection.execute("PRAGMA foreign_keys=ON")
            return connection

    owner = Owner(Project(tmp_path / "clone", project.answers, {"DATABASE_URL": url}), connect)
    owner.flask("db", "upgrade")
    owner.write_models(SHAPES)
    owner.execute(ROWS)
    return owner


@on_both
def test_altered_tables_keep_every_row_whatever_refers_to_them(owner: Owner):
    before = owner.rows()
    owner.write_models(SHAPES.replace("WIDTH = 100", "WIDTH = 120"))
    assert owner.rows() == before
    assert "No new upgrade operations" in owner.flask("db", "check")
    owner.flask("db", "downgrade")
    assert owner.rows() == before


@on_sqlite
def test_failing_migration_changes_nothing_and_can_be_repeated(owner: Owner):
    schema, rows = owner.schema(), owner.rows()
    alter = """with op.batch_alter_table("parents") as batch:
        batch.alter_column("name", existing_type=sa.String(100), type_=sa.String(120))
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("UPDATE parents SET name = 'changed'")
    """
    path = owner.write_migration("repeated", f'{alter}op.execute("SELECT nothing FROM nowhere")')
    assert "nowhere" in owner.flask("db", "upgrade", check=False)
    assert (owner.schema(), owner.rows()) == (schema, rows)

    path.write_text(path.read_text("utf-8").replace("SELECT nothing FROM nowhere", "SELECT 1"), "utf-8")
    owner.flask("db", "upgrade")
    assert owner.rows() == rows | {"parents": [(1, "changed"), (2, "changed")]}


@on_sqlite
@pytest.mark.parametrize("body", ['op.execute("DELETE FROM parents")', 'op.drop_table("parents")'])
def test_migration_that_leaves_rows_without_their_parents_is_rejected(owner: Owner, body: str):
    schema, rows = owner.schema(), owner.rows()
    owner.write_migration("orphans", body)
    said = owner.flask("db", "upgrade", check=False)
    assert "cascading" in said
    assert "parents" in said
    assert "Traceback" not in said
    assert (owner.schema(), owner.rows()) == (schema, rows)


@on_sqlite
def test_foreign_keys_hold_again_after_a_migration(owner: Owner):
    said = owner.project.run(
        ".venv/bin/python",
        "-c",
        "from flask_migrate import upgrade\n"
        "from app import create_app\n"
        "from app.extensions import db\n"
        "with create_app().app_context():\n"
        "    upgrade()\n"
        "    print('foreign keys', db.session.execute(db.text('PRAGMA foreign_keys')).scalar())\n"
        "    db.engine.dispose()\n",
    )
    assert "foreign keys 1" in said


@on_sqlite
def test_instances_that_migrate_at_once_all_succeed(owner: Owner, tmp_path: Path):
    command = [owner.project.path / ".venv/bin/flask", "db", "upgrade"]
    env = os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'new.db'}"}
    instances = [
        subprocess.Popen(
            command,
            cwd=owner.project.path,
            env=env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]
    ended = [(instance.communicate(timeout=120)[0], instance.returncode) for instance in instances]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert sum("-> 0001" in said for said, _ in ended) == 1
