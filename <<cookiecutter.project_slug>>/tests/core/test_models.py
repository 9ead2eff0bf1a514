from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy import MetaData
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.models import Base
from app.models.base import UTCDateTime, utc_now

SEOUL = timezone(timedelta(hours=9))


class Event(Base):
    """A model for these tests."""

    __tablename__ = "events"
    metadata = MetaData()  # its own: the application's tables stay those that the migrations make

    id: Mapped[int] = mapped_column(primary_key=True)
    moment: Mapped[datetime]


@pytest.fixture
def events(app: Flask) -> Iterator[None]:
    """The table of the model, within the application's context."""
    with app.app_context():
        Event.metadata.create_all(db.engine)
        yield
        db.session.rollback()
        Event.metadata.drop_all(db.engine)


@pytest.mark.usefixtures("events")
def test_datetime_is_stored_in_utc() -> None:
    event = Event(moment=datetime(2026, 1, 1, 9, tzinfo=SEOUL))
    db.session.add(event)
    db.session.commit()
    db.session.refresh(event)
    assert event.moment == datetime(2026, 1, 1, tzinfo=UTC)
    assert event.moment.tzinfo is UTC
    assert repr(event) == "<Event (1,)>"


@pytest.mark.usefixtures("events")
def test_naive_datetime_is_rejected() -> None:
    db.session.add(Event(moment=datetime(2026, 1, 1)))  # noqa: DTZ001
    with pytest.raises(StatementError, match="naive"):
        db.session.commit()


def test_utc_now_is_in_utc() -> None:
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(SEOUL)) < timedelta(minutes=1)


def test_missing_datetime_stays_none() -> None:
    kind, dialect = UTCDateTime(), sqlite.dialect()
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_datetime_of_a_database_with_time_zones_is_in_utc() -> None:
    moment = datetime(2026, 1, 1, 9, tzinfo=SEOUL)
    assert UTCDateTime().process_result_value(moment, sqlite.dialect()) == datetime(2026, 1, 1, tzinfo=UTC)
