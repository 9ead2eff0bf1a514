"""The extensions, unbound; ``init_extensions`` binds them to an application."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Row, Select, event
from sqlalchemy.engine import Engine

from .config import ROOT
from .limits import DefaultLimit, remember_exemptions
from .models.base import Base

# What was committed stays readable: no second question for a row that was just stored.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
migrate = Migrate(directory=str(ROOT / "migrations"))
csrf = CSRFProtect()
limiter = Limiter(get_remote_address, default_limits=[DefaultLimit()])


def init_extensions(app: Flask) -> None:
    """Bind every extension to ``app``."""
    db.init_app(app)
    migrate.init_app(app, db)
    csrf.init_app(app)
    limiter.init_app(app)
    remember_exemptions(limiter)


def fetch(question: Select[*tuple[Any, ...]], **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """Ask a question of which nothing is changed, and give the connection back before anything is made of the answer.

    What this context has begun to change is seen: its session answers then, which holds a connection already. Two at
    once for a request could wait for each other for ever.

    Parameters:
        question: what to ask.
        values: what it is asked with, by the names of its ``bindparam``.
    """
    if db.session.registry.has() and db.session().in_transaction():
        return db.session.execute(question, values).all()
    with db.engine.connect() as connection:
        return connection.execute(question, values).all()


@event.listens_for(Engine, "connect")
def set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    """Make SQLite keep foreign keys and let readers and one writer work side by side.

    See https://www.sqlite.org/pragma.html and https://www.sqlite.org/wal.html.
    """
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
