"""SQLite, as the application connects to it."""

import sqlite3
from typing import Any


def set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    """Enforce foreign keys, and let readers work beside one writer; listens to the event ``connect``.

    See https://www.sqlite.org/pragma.html and https://www.sqlite.org/wal.html.
    """
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
