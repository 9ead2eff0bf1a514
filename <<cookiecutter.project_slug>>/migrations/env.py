"""Run the migrations with the application's own engine and metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.util import CommandError
from flask import current_app
from sqlalchemy import Connection, func, select, text
from sqlalchemy.types import TypeDecorator

from app.extensions import db

# Any constant identifies the lock.
ADVISORY_LOCK = 0x6D696772617465


@contextmanager
def sqlite_transaction(connection: Connection) -> Iterator[None]:
    """Commit everything at the end, or nothing; foreign keys are checked then instead of enforced meanwhile.

    Altering copies a table and drops the old one. With foreign keys enforced, that would delete the rows that refer
    to it. https://www.sqlite.org/lang_altertable.html#otheralter

    Raises:
        CommandError: rows refer to rows that do not exist.
    """
    # BEGIN is sent here, because the driver would send none before CREATE, ALTER and DROP.
    connection = connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # the next instance waits, then finds nothing to do
    try:
        yield
        if orphans := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            pairs = sorted({f"{child} -> {parent}" for child, _, parent, _ in orphans})
            raise CommandError(
                f"rows refer to rows that do not exist ({', '.join(pairs)}); nothing was changed"
            )
        connection.commit()
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


@contextmanager
def postgresql_lock(connection: Connection) -> Iterator[None]:
    """Make instances that start together migrate one after the other; the later ones find nothing to do.

    The lock ends with the connection, so a migration that is killed leaves none behind.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    # A migration takes as long as it takes, for this side as well as for the server's.
    connection.connection.driver_connection.patience = None  # type: ignore[union-attr]
    unlimited = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    connection.execute(text("; ".join(f"SET {name} = 0" for name in unlimited)))
    connection.execute(select(func.pg_advisory_lock(ADVISORY_LOCK)))
    connection.commit()
    yield
    connection.execute(select(func.pg_advisory_unlock(ADVISORY_LOCK)))
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
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        with sqlite_transaction(connection) if is_sqlite else postgresql_lock(connection):
            context.configure(
                connection=connection,
                target_metadata=db.metadata,
                compare_server_default=True,
                render_item=render_item,
                render_as_batch=is_sqlite,
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()


if context.is_offline_mode():
    run_offline()
else:
    run_online()
