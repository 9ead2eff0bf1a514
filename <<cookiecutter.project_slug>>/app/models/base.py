"""What every model has in common."""

import enum
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Enum, MetaData, inspect
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

# Named constraints can be altered by a migration on every database.
# https://alembic.sqlalchemy.org/en/latest/naming.html
NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# Text that every database stores (PostgreSQL rejects NUL), and one that is not blank either. OpenAPI has the
# expressions of JavaScript, where \s means other characters than in Python.
TEXT_PATTERN = r"^[^\x00]*$"
TITLE_PATTERN = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85\ufeff][^\x00]*$"


class UTCDateTime(TypeDecorator[datetime]):
    """A date and time, aware and in UTC, also on SQLite, which stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime: it needs a time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


def utc_now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The base class of the models."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING_CONVENTION),
        type_annotation_map={
            datetime: UTCDateTime(),
            # Names of at most 50 characters, without a CHECK, so that a new member needs no migration; the
            # application validates.
            enum.Enum: Enum(enum.Enum, native_enum=False, length=50, validate_strings=True),
        },
    )
    # Two requests may delete the same row at once.
    __mapper_args__ = {"confirm_deleted_rows": False}  # noqa: RUF012

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {inspect(self).identity}>"
