"""The extensions, unbound; ``init_extensions`` binds them to an application."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import Connection, Row, Select, event
from sqlalchemy.engine import Engine

from .core.rate_limits import DefaultLimit, remember_exemptions, visitor
from .models.base import Base

# What was committed stays readable: no second question for a row that was just stored.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})
migrate = Migrate(directory=str(Path(__file__).resolve().parent.parent / "migrations"))
csrf = CSRFProtect()
limiter = Limiter(visitor, default_limits=[DefaultLimit()])


def init_extensions(app: Flask) -> None:
    """Bind every extension to ``app``."""
    db.init_app(app)
    migrate.init_app(app, db)
    csrf.init_app(app)
    limiter.init_app(app)
    remember_exemptions(limiter)


def fetch(question: Select[*tuple[Any, ...]], /, **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """Give rows of columns that are only shown, for less than ``db.session`` asks.

    The connection is given back at once, before anything is made of the rows. Where the session of this context has
    begun, by a logged-in user or a change for example, its own connection is asked and sees that change: two at once
    for a request would make requests wait for each other. Nothing may be changed or locked by it.

    Parameters:
        question: what to ask. A model in it stands for its columns; an object to work with comes from ``db.session``.
        values: what it is asked with, by the names of its ``bindparam``.
    """
    session = db.session() if db.session.registry.has() else db.session.session_factory()
    bind: Engine | Connection
    if session.in_transaction():
        if session.autoflush:
            session.flush()
        bind = session.connection(bind_arguments={"clause": question})
    else:
        bind = session.get_bind(clause=question)
    if isinstance(bind, Connection):
        return bind.execute(question, values).all()
    with bind.connect() as connection:
        return connection.execute(question, values).all()


@event.listens_for(Engine, "connect")
def set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    """Make SQLite keep foreign keys and let readers and one writer work side by side.

    See https://www.sqlite.org/pragma.html and https://www.sqlite.org/wal.html.
    """
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
