"""Operations on notes, shared by pages, the API, commands and scripts.

Services use the application (``current_app``) and its context (``g``), never the request.
"""

from typing import Any

from flask import current_app
# <% if cookiecutter.cache != "redis" %>
from sqlalchemy import Select, select
# <% else %>
from sqlalchemy import Select, func, select
# <% endif %>

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id, required_owner_id
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from app.cache import cache
# <% endif %>
from app.core.pagination import Page, paginate
from app.extensions import db
from app.models import Note


def all_notes() -> Select[Note]:
    # <% if cookiecutter.auth %>
    """Return the statement for the notes of the current account; those of others do not exist for it."""
    return select(Note).where(Note.owner_id == owner_id())
    # <% else %>
    """Return the statement for all notes."""
    return select(Note)
    # <% endif %>


def list_notes(before: int | None = None, after: int | None = None, limit: int | None = None) -> Page[Note]:
    """Return a page of notes, newest first.

    Parameters:
        before: return notes older than the one with this id.
        after: return notes newer than the one with this id.
        limit: the number of notes; ``PAGE_SIZE`` without it.

    Raises:
        werkzeug.exceptions.NotFound: ``before`` or ``after`` is no id.
    """
    return paginate(all_notes(), Note.id, before=before, after=after, limit=limit)


# <% if cookiecutter.cache == "redis" %>
@cache.memoize()
def count_notes() -> int:
    """Return the number of notes; counting reads every row, so the result is cached."""
    return db.session.scalar(select(func.count()).select_from(all_notes().subquery())) or 0


# <% endif %>
def get_note(note_id: int) -> Note:
    """Return a note.

    Raises:
        werkzeug.exceptions.NotFound: there is no note with this id.
    """
    statement = all_notes().where(Note.id == note_id)
    note: Note = db.one_or_404(statement, description="There is no such note.")
    return note


def create_note(**fields: Any) -> Note:
    """Store a new note with these ``fields``."""
    note = Note(**fields)
    # <% if cookiecutter.auth %>
    note.owner_id = required_owner_id()
    # <% endif %>
    db.session.add(note)
    db.session.commit()
    # <% if cookiecutter.cache == "redis" %>
    cache.delete_memoized(count_notes)
    # <% endif %>
    current_app.logger.info("Note %s created", note.id)
    return note


def update_note(note: Note, **fields: Any) -> Note:
    """Change these ``fields`` of a note."""
    for key, value in fields.items():
        setattr(note, key, value)
    db.session.commit()
    current_app.logger.info("Note %s updated", note.id)
    return note


def delete_note(note: Note) -> None:
    """Delete a note."""
    db.session.delete(note)
    db.session.commit()
    # <% if cookiecutter.cache == "redis" %>
    cache.delete_memoized(count_notes)
    # <% endif %>
    current_app.logger.info("Note %s deleted", note.id)
