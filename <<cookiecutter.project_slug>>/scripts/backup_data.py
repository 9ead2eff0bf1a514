"""Back the database up to a file, and restore it.

python -m scripts.backup_data backup [FILE]
python -m scripts.backup_data restore FILE [--yes]
"""

# <% if cookiecutter.database == "postgresql" %>
import os
import re
# <% endif %>
import sqlite3
# <% if cookiecutter.database == "postgresql" %>
import subprocess  # nosec B404
# <% endif %>
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from alembic.migration import MigrationContext
from flask import current_app
# <% if cookiecutter.database == "postgresql" %>
from sqlalchemy import URL
# <% endif %>
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import db


class SQLiteFile:
    """A backup of SQLite: a copy of the database. https://www.sqlite.org/backup.html"""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self) -> None:
        """Copy the database as it is at one moment, also while it is written to."""
        with db.engine.connect() as connection, closing(sqlite3.connect(self.path)) as copy:
            connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
            copy.execute("PRAGMA journal_mode=DELETE")  # everything in one file

    def revisions(self) -> set[str]:
        """Return the migration that the tables were at."""
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            return {str(revision) for (revision,) in copy.execute("SELECT version_num FROM alembic_version")}

    def restore(self) -> None:
        """Replace the database in one transaction."""
        with db.engine.connect() as connection, closing(sqlite3.connect(self.path)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise OSError("it is damaged")
            copy.backup(connection.connection.driver_connection)  # type: ignore[arg-type]


# <% if cookiecutter.database == "postgresql" %>
class PostgreSQLFile:
    """A backup of PostgreSQL. https://www.postgresql.org/docs/current/app-pgdump.html"""

    def __init__(self, path: Path) -> None:
        self.path = path

    def save(self) -> None:
        """Dump the database as it is at one moment, also while it is written to."""
        self.run("pg_dump", "--format=custom", f"--file={self.path}", self.database)

    def revisions(self) -> set[str]:
        """Return the migration that the tables were at."""
        table = self.run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(self.path))
        rows = re.search(r"^COPY .*;\n(.*?)^\\\.$", table, re.MULTILINE | re.DOTALL)
        return set(rows[1].split()) if rows else set()

    def restore(self) -> None:
        """Replace the tables in one transaction."""
        options = ["--clean", "--if-exists", "--no-owner", "--no-acl", "--single-transaction"]
        self.run("pg_restore", *options, f"--dbname={self.database}", str(self.path))

    @property
    def database(self) -> str:
        """The connection string without the password, which other users of the machine would see."""
        url = db.engine.url
        return str(URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query))

    def run(self, *command: str) -> str:
        """Run a program of PostgreSQL, and return its output."""
        password = {"PGPASSWORD": str(db.engine.url.password)} if db.engine.url.password else {}
        done = subprocess.run(  # noqa: S603  # nosec B603
            command, env=os.environ | password, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode:
            raise OSError(done.stderr.strip())
        return done.stdout


# <% endif %>
FORMATS: dict[str, type[Any]] = {
    "sqlite": SQLiteFile,
    # <% if cookiecutter.database == "postgresql" %>
    "postgresql": PostgreSQLFile,
    # <% endif %>
}


@click.group()
def cli() -> None:
    """Back the database up to a file, and restore it."""


@cli.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def backup(file: Path | None) -> None:
    """Save all data to FILE, or to a new file in backups/ of the instance folder."""
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
    file = file or Path(current_app.instance_path, "backups", name)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
            partial = Path(folder, file.name)
            partial.touch(mode=0o600)
            FORMATS[db.engine.name](partial).save()
            partial.replace(file)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise click.ClickException(f"no backup was made: {error}") from error
    click.echo(f"Saved to {file}")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="Replace all data of the database?")
def restore(file: Path) -> None:
    """Replace all data by that of FILE, in one transaction."""
    try:
        saved = FORMATS[db.engine.name](file)
        with db.engine.connect() as connection:
            current = set(MigrationContext.configure(connection).get_current_heads())
        if current and (revisions := saved.revisions()) != current:
            raise OSError(f"it is at revision {', '.join(revisions)}, the database at {', '.join(current)}")
        saved.restore()
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise click.ClickException(f"nothing was restored from {file}: {error}") from error
    click.echo(f"Restored {file}")


def main() -> None:
    """Run a command in an application context."""
    from wsgi import app  # reports invalid settings without a traceback

    with app.app_context():
        cli(prog_name="python -m scripts.backup_data")


if __name__ == "__main__":
    main()
