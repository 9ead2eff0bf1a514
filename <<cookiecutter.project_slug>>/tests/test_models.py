from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from app.extensions import db
from app.models import Note
from app.models.base import UTCDateTime


def test_moment_comes_back_in_utc_whatever_zone_it_had(app: Flask) -> None:
    seoul = timezone(timedelta(hours=9))
    note = Note(title="Time", created=datetime(2026, 1, 1, 9, tzinfo=seoul))
    with app.app_context():
        db.session.add(note)
        db.session.commit()
        db.session.refresh(note)
    assert note.created == datetime(2026, 1, 1, tzinfo=UTC)
    assert note.created.tzinfo is UTC


def test_moment_without_a_zone_is_refused(app: Flask) -> None:
    with app.app_context():
        db.session.add(Note(title="Time", created=datetime(2026, 1, 1)))  # noqa: DTZ001
        with pytest.raises(StatementError, match="naive"):
            db.session.commit()


def test_moment_that_is_missing_stays_missing() -> None:
    kind, dialect = UTCDateTime(), sqlite.dialect()
    assert kind.process_bind_param(None, dialect) is None
    assert kind.process_result_value(None, dialect) is None


def test_moment_of_a_database_with_zones_comes_back_in_utc() -> None:
    seoul = datetime(2026, 1, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    assert UTCDateTime().process_result_value(seoul, sqlite.dialect()) == datetime(2026, 1, 1, tzinfo=UTC)


def test_note_shows_itself_in_a_shell() -> None:
    assert repr(Note(id=1, title="Tea")) == "<Note 1 'Tea'>"
