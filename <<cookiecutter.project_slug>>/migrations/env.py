"""Runs the migrations with the application's own engine and metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, func, select, text
from sqlalchemy.types import TypeDecorator

from app.extensions import db

# Any number will do, as long as it is always the same.
LOCK = 0x6D696772617465  # "migrate"


@contextmanager
def one_at_a_time(connection: Connection) -> Iterator[None]:
    """Let instances that start together migrate one after the other; the later ones find nothing to do.

    The lock ends with the connection, so a migration that is killed leaves none behind.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    if connection.dialect.name != "postgresql":
        yield  # SQLite itself lets one writer in at a time
        return
    # A migration takes as long as it takes, for this side as well as for the server's.
    connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
    unlimited = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    connection.execute(text("; ".join(f"SET {name} = 0" for name in unlimited)))
    connection.execute(select(func.pg_advisory_lock(LOCK)))
    connection.commit()
    yield
    connection.execute(select(func.pg_advisory_unlock(LOCK)))
    connection.commit()


def render_item(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Write a column type of our own into a new migration as what the database stores."""
    if kind == "type" and isinstance(item, TypeDecorator) and type(item).__module__.startswith("app."):
        return f"sa.{item.impl!r}"
    return False


def run_offline() -> None:
    """Write the SQL to stdout instead of executing it (``flask db upgrade --sql``)."""
    context.configure(
        url=current_app.config["SQLALCHEMY_DATABASE_URI"],
        target_metadata=db.metadata,
        literal_binds=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Migrate the database."""
    with db.engine.connect() as connection, one_at_a_time(connection):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_server_default=True,
            render_item=render_item,
            # SQLite alters a table by copying it.
            render_as_batch=connection.dialect.name == "sqlite",
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
