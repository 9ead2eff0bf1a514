"""What every model has in common."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, MetaData
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


# What an INTEGER column holds on every database.
LARGEST_ID = 2**31 - 1
# What a text column holds on every database, as JSON Schema says it: PostgreSQL stores no NUL.
TEXT_PATTERN = r"^[^\x00]*$"


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both sides, also on SQLite, which stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime says no moment: give it a time zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_now() -> datetime:
    """Give this moment in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """The base class of the models."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMING_CONVENTION),
        type_annotation_map={datetime: UTCDateTime()},
    )
    # Of two who remove the same row at once, both have what they want.
    __mapper_args__ = {"confirm_deleted_rows": False}  # noqa: RUF012
