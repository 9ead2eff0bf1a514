"""What only version 2 asks of the database."""

from collections.abc import Sequence

from sqlalchemy import select

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id
# <% endif %>
from app.extensions import db
from app.models import Note


def notes_before(cursor: int | None, limit: int) -> Sequence[Note]:
    """Give at most ``limit`` notes that are older than the one with the id ``cursor``, the newest first."""
    query = select(Note).order_by(Note.id.desc()).limit(limit)
    # <% if cookiecutter.auth %>
    query = query.where(Note.owner_id == owner_id())
    # <% endif %>
    if cursor is not None:
        query = query.where(Note.id < cursor)
    return db.session.scalars(query).all()
