"""What the owner of a project does with it, in a clone of their own and on a database of their own."""

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
on_postgresql = pytest.mark.parametrize("project", ["api"], indirect=True)
on_both = pytest.mark.parametrize("project", ["defaults", "api"], indirect=True)
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
        test_database: the variable that names the database of the project's own tests.
    """

    def __init__(self, project: Project, connect: Callable[[], Any], test_database: dict[str, str]) -> None:
        self.project = project
        self.connect = connect
        self.test_database = test_database
        self.shapes = project.path / "app/models/shapes.py"
        self.tables: list[str] = []

    def flask(self, *words: str, check: bool = True) -> str:
        """Run a command of the `flask` program."""
        return self.project.run(".venv/bin/flask", *words, check=check)

    def run_python(self, code: str, check: bool = True) -> str:
        """Run code in an application context."""
        lines = "".join(f"    {line}\n" for line in code.splitlines())
        start = (
            "from app import create_app\nfrom app.extensions import db\nwith create_app().app_context():\n"
        )
        return self.project.run(".venv/bin/python", "-c", f"{start}{lines}", check=check)

    def run_own_tests(self, check: bool = True, **variables: str) -> str:
        """Run the tests of the project that concern migrations."""
        return self.project.run(
            ".venv/bin/pytest",
            "-q",
            "--tb=line",
            "tests/core/test_migrations.py",
            check=check,
            **self.test_database | variables,
        )

    def migrations_with(self, table: str) -> list[str]:
        """Return the migrations that create a table."""
        texts = [path.read_text("utf-8") for path in (self.project.path / "migrations/versions").glob("*.py")]
        return [text for text in texts if f"create_table('{table}'" in text]

    def write_models(self, text: str, check: bool = True) -> str:
        """Write the models and the migration that brings the database to them, and run it; return its output."""
        package = self.shapes.with_name("__init__.py")
        if not self.shapes.exists():
            package.write_text(f"{package.read_text('utf-8')}from . import shapes as shapes\n", "utf-8")
        self.shapes.write_text(text, "utf-8")
        assert "Generating " in self.flask("db", "migrate", "-m", "Change")
        return self.flask("db", "upgrade", check=check)

    def write_migration(self, name: str, body: str, after: str | None = None) -> Path:
        """Write a migration by hand, on top or after a given one."""
        newest = after or self.flask("db", "heads").split()[-2]
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
        """Return the rows of `tables`."""
        connection = self.connect()
        found = {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in self.tables
        }
        connection.close()
        return found

    def schema(self) -> list[Any]:
        """Return the statements that describe an SQLite database."""
        connection = self.connect()
        found = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        connection.close()
        return found


def new_owner(project: Project, request: pytest.FixtureRequest, folder: Path) -> Owner:
    """Clone a project into a folder, and migrate a new database."""
    subprocess.run(["git", "clone", "--quiet", project.path, folder / "clone"], check=True)
    (folder / "clone/.venv").symlink_to(project.path / ".venv")
    (folder / "clone/.env").write_bytes((project.path / ".env").read_bytes())
    test_database = {}
    if project.answers["database"] == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.create_database("owner")
        test_database = {"TEST_DATABASE_URL": postgres.create_database("owner-tests")}
        connect: Callable[[], Any] = lambda: psycopg.connect(url.replace("+psycopg", ""))  # noqa: E731
    else:
        url = f"sqlite:///{folder / 'owner.db'}"

        def connect() -> Any:
            connection = sqlite3.connect(folder / "owner.db")
            connection.execute("PRAGMA foreign_keys=ON")
            return connection

    owner = Owner(Project(folder / "clone", project.answers, {"DATABASE_URL": url}), connect, test_database)
    owner.flask("db", "upgrade")
    return owner
