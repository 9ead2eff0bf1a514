"""The extensions, unbound; ``init_extensions`` binds them to an application."""

import sqlite3
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import event
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


@event.listens_for(Engine, "connect")
def set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    """Make SQLite keep foreign keys and let readers and one writer work side by side.

    See https://www.sqlite.org/pragma.html and https://www.sqlite.org/wal.html.
    """
    if isinstance(connection, sqlite3.Connection):
        for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            connection.execute(f"PRAGMA {pragma}")
