"""Run the migrations with the application's own engine and metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.extensions import db


@contextmanager
def sqlite_transaction(connection: sa.Connection) -> Iterator[None]:
    """Commit everything at the end, or nothing; foreign keys are checked then instead of enforced meanwhile.

    Altering copies a table and drops the old one. With foreign keys enforced, that would delete the rows that
    refer to it. https://www.sqlite.org/lang_altertable.html#otheralter

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
            pairs = ", ".join(sorted({f"{child} -> {parent}" for child, _, parent, _ in orphans}))
            raise CommandError(f"rows refer to rows that do not exist ({pairs}); nothing was changed")
        connection.commit()
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


# <% if cookiecutter.database == "postgresql" %>
@contextmanager
def postgresql_lock(connection: sa.Connection) -> Iterator[None]:
    """Make instances that start together migrate one after the other; the later ones find nothing to do.

    The lock and the settings end with the connection, so a migration that is killed leaves none behind.
    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """
    # A migration takes as long as it takes.
    unlimited = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    connection.execute(sa.text("; ".join(f"SET {name} = 0" for name in unlimited)))
    connection.execute(sa.select(sa.func.pg_advisory_lock(0x6D696772617465)))  # any constant
    connection.commit()
    try:
        yield
    finally:
        connection.invalidate()  # closed instead of returned to the pool


# <% endif %>
def tables_as_stored() -> sa.MetaData:
    """Return the tables with the column types of the database: a migration outlives the application's own."""
    metadata = sa.MetaData(naming_convention=db.metadata.naming_convention)
    for table in db.metadata.tables.values():
        for column in table.to_metadata(metadata).columns:
            while is_foreign(column.type) and isinstance(column.type, TypeDecorator):
                if type(column.type).load_dialect_impl is not TypeDecorator.load_dialect_impl:
                    break  # what it stores depends on the database: the migration names the type itself
                column.type = column.type.impl_instance
    return metadata


def render_item(kind: str, item: Any, context: AutogenContext) -> Literal[False]:
    """Import what a migration needs of a type that is not SQLAlchemy's."""
    if kind == "type" and is_foreign(item):
        context.imports.add(f"import {type(item).__module__}")
    return False


def is_foreign(column_type: TypeEngine[Any]) -> bool:
    """Check whether a type comes from the application or an extension."""
    return not type(column_type).__module__.startswith("sqlalchemy.")


def revise(migration: MigrationContext, revision: Any, scripts: list[ops.MigrationScript]) -> None:
    """Drop tables after what refers to them, and write no migration without changes."""
    upgrades, downgrades = scripts[0].upgrade_ops, scripts[0].downgrade_ops
    if upgrades and downgrades:
        upgrades.ops.sort(key=lambda operation: isinstance(operation, ops.DropTableOp))
        downgrades.ops.sort(key=lambda operation: not isinstance(operation, ops.CreateTableOp))
        # flask db migrate sets this, flask db check does not.
        if upgrades.is_empty() and getattr(context.config.cmd_opts, "autogenerate", False):
            scripts.clear()
            context.config.print_stdout("No changes in schema detected.")


def run_offline() -> None:
    """Write the SQL to stdout instead of executing it (``flask db upgrade --sql``)."""
    context.configure(url=db.engine.url, target_metadata=db.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Migrate the database.

    Raises:
        CommandError: the database rejects a statement; nothing was changed.
    """
    transaction = sqlite_transaction
    # <% if cookiecutter.database == "postgresql" %>
    if db.engine.name == "postgresql":
        transaction = postgresql_lock
    # <% endif %>
    try:
        with db.engine.connect() as connection, transaction(connection):
            context.configure(
                connection=connection,
                target_metadata=tables_as_stored(),
                compare_server_default=True,
                process_revision_directives=revise,
                render_item=render_item,
                render_as_batch=db.engine.name == "sqlite",
                transactional_ddl=True,
            )
            with context.begin_transaction():
                context.run_migrations()
    except DBAPIError as error:
        # The first line names the column; others may contain values of a row.
        raise CommandError(str(error.orig).strip().splitlines()[0]) from error


if context.is_offline_mode():
    run_offline()
else:
    run_online()
