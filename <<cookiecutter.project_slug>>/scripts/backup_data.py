"""Back the data up to a file, and bring it back; works on every database that the models work on.

    python -m scripts.backup_data backup [FILE]
    python -m scripts.backup_data restore FILE

A backup is a gzip file: a line of JSON that says what it is, then a line for each row. It appears under its name only
when it is whole. A restore replaces all rows in one transaction, or changes nothing.
"""

import argparse
import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from alembic.migration import MigrationContext
from flask import current_app
from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from app import create_app
from app.config import ConfigError
from app.extensions import db

FORMAT = "backup-1"
ROWS_AT_ONCE = 500
# What JSON has no form for, and how it is read back.
READ: dict[type, Callable[[str], Any]] = {bytes: bytes.fromhex, datetime: datetime.fromisoformat}


class BackupError(RuntimeError):
    """A backup that cannot be made or restored; the message says why."""


def backup(target: Path | None = None) -> Path:
    """Write all rows of all tables to a file, as they stand at one moment.

    Parameters:
        target: the file; without it a new one in ``backups/`` of the instance folder, named after the moment.

    Returns:
        The path of the file.

    Raises:
        BackupError: the database cannot be read or the file cannot be written.
    """
    now = datetime.now(UTC)
    target = target or Path(current_app.instance_path, "backups", f"{now:%Y%m%dT%H%M%S%fZ}.jsonl.gz")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.") as raw:
            with gzip.open(raw, "wt", encoding="utf-8") as out, snapshot() as connection:
                head = {"format": FORMAT, "made": now.isoformat(), "revision": revision(connection)}
                print(json.dumps(head), file=out)
                for table in db.metadata.sorted_tables:
                    for row in connection.execute(select(table)).mappings():
                        print(json.dumps([table.name, dict(row)], default=encode), file=out)
            raw.flush()
            os.fsync(raw.fileno())
            # The temporary name keeps its own link, which closing the file removes.
            os.link(raw.name, f"{raw.name}.whole")
            os.replace(f"{raw.name}.whole", target)
    except (OSError, SQLAlchemyError) as error:
        raise BackupError(f"no backup was made: {error}") from error
    return target


def restore(source: Path) -> int:
    """Replace all rows by those of a backup.

    Parameters:
        source: a file that ``backup`` has written.

    Returns:
        How many rows came back.

    Raises:
        BackupError: the file is not a whole backup, or it was made at another migration.
    """
    try:
        with gzip.open(source, "rt", encoding="utf-8") as lines, db.engine.begin() as connection:
            check_head(json.loads(next(lines, "null")), connection)
            for table in reversed(db.metadata.sorted_tables):
                connection.execute(table.delete())
            count = insert_rows(connection, map(json.loads, lines))
            reset_sequences(connection)
    except (OSError, EOFError, ValueError, LookupError, SQLAlchemyError) as error:
        raise BackupError(f"nothing was restored from {source}: {error}") from error
    return count


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Give a connection that sees the database as it stood at the first question."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection.execution_options(yield_per=ROWS_AT_ONCE)


def revision(connection: Connection) -> str | None:
    """Give the migration at which the database stands."""
    return MigrationContext.configure(connection).get_current_revision()


def encode(value: Any) -> str:
    """Write what JSON has no form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no form in a backup yet: add one to encode and decode")


def decode(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Turn the values of a row back into those of the table's columns."""
    kinds = {name: table.columns[name].type.python_type for name in row}
    return {
        name: READ[kinds[name]](value) if value is not None and kinds[name] in READ else value
        for name, value in row.items()
    }


def check_head(head: Any, connection: Connection) -> None:
    """Refuse what is no backup of this schema."""
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise ValueError("it is not a backup")
    here = revision(connection)
    if head["revision"] != here:
        raise ValueError(f"it was made at migration {head['revision']}, the database is at {here}")


def insert_rows(connection: Connection, rows: Iterable[tuple[str, dict[str, Any]]]) -> int:
    """Insert rows, each with the name of its table, and give their number."""
    count = 0
    for name, group in groupby(rows, key=lambda row: row[0]):
        table = db.metadata.tables[name]
        batch: list[dict[str, Any]] = []
        for _, row in group:
            batch.append(decode(table, row))
            count += 1
            if len(batch) == ROWS_AT_ONCE:
                connection.execute(table.insert(), batch)
                batch = []
        if batch:
            connection.execute(table.insert(), batch)
    return count


def reset_sequences(connection: Connection) -> None:
    """Let PostgreSQL count on after the highest id that came back; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in db.metadata.sorted_tables:
        if (column := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest, False)))


def main(arguments: list[str] | None = None) -> str:
    """Run the command, and give the line that says what was done."""
    parser = argparse.ArgumentParser(prog="backup_data", description="Back the data up, or bring it back.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("backup", help="write a backup").add_argument("file", nargs="?", type=Path)
    commands.add_parser("restore", help="replace all data by a backup").add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    try:
        with create_app().app_context():
            try:
                if given.command == "backup":
                    return f"Saved to {backup(given.file)}"
                return f"Restored {restore(given.file)} rows from {given.file}"
            finally:
                db.engine.dispose()
    except (BackupError, ConfigError) as error:
        raise SystemExit(f"backup_data: {error}") from None


if __name__ == "__main__":
    print(main())
