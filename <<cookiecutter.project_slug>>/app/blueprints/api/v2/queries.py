"""What only version 2 asks of the database."""

from collections.abc import Sequence

from sqlalchemy import select

from app.extensions import db
from app.models import Note


def notes_before(cursor: int | None, limit: int) -> Sequence[Note]:
    """Give at most ``limit`` notes that are older than the one with the id ``cursor``, the newest first."""
    query = select(Note).order_by(Note.id.desc()).limit(limit)
    if cursor is not None:
        query = query.where(Note.id < cursor)
    return db.session.scalars(query).all()
