"""What can be done with notes, whoever asks: a page, the API, a command or a script.

Services know the application (``current_app``) and the current context (``g``), never the request.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask import current_app, g
# <% if cookiecutter.auth %>
from sqlalchemy import Integer, Row, bindparam, func, select
# <% else %>
from sqlalchemy import Row, bindparam, func, select
# <% endif %>
from werkzeug.exceptions import NotFound

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id, required_owner_id
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from app.cache import remember
# <% endif %>
from app.extensions import db, fetch
from app.models import Note
from app.models.base import LARGEST_ID

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

# Further pages would only overflow the integers of the database.
LAST_PAGE = 1_000_000_000

# A note as a list shows it: its columns, read only, and nothing that the class computes from them.
NoteRow = Row[*tuple[Any, ...]]

# One question for the rows of a page and the number of all, put together once. A list is only read, so it needs
# rows and no objects whose changes are watched: that takes two thirds of the time.
columns = Note.__table__.columns
COUNT = select(func.count(columns.id))
# <% if cookiecutter.auth %>
MINE = columns.owner_id == bindparam("owner", type_=Integer)
COUNT = COUNT.where(MINE)
# <% endif %>
NEWEST_FIRST = (
    select(*columns, COUNT.correlate(None).scalar_subquery().label("count_of_all"))
    .order_by(columns.created.desc(), columns.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
# <% if cookiecutter.auth %>
NEWEST_FIRST = NEWEST_FIRST.where(MINE)
# <% endif %>


@dataclass(frozen=True)
class NotePage:
    """A part of the notes.

    Parameters:
        items: the notes.
        number: the number of the page, from 1.
        size: how many rows a page has.
        total: how many notes there are.
    """

    items: tuple[NoteRow, ...]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))


# <% if cookiecutter.cache == "redis" %>
@remember(Note)
# <% endif %>
def list_notes(page: int, per_page: int | None = None) -> NotePage:
    """Give a page of notes, the newest first.

    Parameters:
        page: its number, from 1. A page past the end is empty.
        per_page: how many notes; without it ``PAGE_SIZE`` decides.

    Raises:
        werkzeug.exceptions.NotFound: the number makes no sense.
    """
    if not 1 <= page <= LAST_PAGE:
        raise NotFound("There is no such page.")
    size = per_page or current_app.config["PAGE_SIZE"]
    rows = fetch(
        NEWEST_FIRST,
        limit=size,
        offset=(page - 1) * size,
        # <% if cookiecutter.auth %>
        owner=owner_id(),
        # <% endif %>
    )
    return NotePage(tuple(rows), page, size, rows[0].count_of_all if rows else count_notes())


def count_notes() -> int:
    """Give the number of notes, asked of the database once for each context."""
    # <% if cookiecutter.auth %>
    if g.get("counted_for") != owner_id():  # a script may act for one account after another
        g.counted_for = owner_id()
        g.pop("note_count", None)
    # <% endif %>
    if "note_count" not in g:
        ((g.note_count,),) = fetch(
            COUNT,
            # <% if cookiecutter.auth %>
            owner=owner_id(),
            # <% endif %>
        )
    return int(g.note_count)


def get_note(note_id: int, *, to_change: bool = False) -> Note:
    """Give one note.

    Parameters:
        note_id: its id.
        to_change: whether nobody else may change it until this transaction ends; SQLite has no such lock.

    Raises:
        werkzeug.exceptions.NotFound: there is no such note.
    """
    note = db.session.get(Note, note_id, with_for_update=to_change or None) if note_id <= LARGEST_ID else None
    # <% if cookiecutter.auth %>
    if note is not None and note.owner_id != owner_id():
        note = None  # somebody else's: not even that it is there is told
    # <% endif %>
    if note is None:
        raise NotFound("There is no such note.")
    return note


def create_note(title: str, body: str = "") -> Note:
    """Store a new note."""
    note = Note(title=title, body=body)
    # <% if cookiecutter.auth %>
    note.owner_id = required_owner_id()
    # <% endif %>
    db.session.add(note)
    db.session.commit()
    g.pop("note_count", None)
    log.info("note created", note_id=note.id)
    return note


def update_note(note: Note, changes: Mapping[str, str]) -> Note:
    """Change the named attributes (``title``, ``body``) of a note."""
    for name, value in changes.items():
        setattr(note, name, value)
    db.session.commit()
    log.info("note updated", note_id=note.id)
    return note


def delete_note(note: Note) -> None:
    """Remove a note for good."""
    db.session.delete(note)
    db.session.commit()
    g.pop("note_count", None)
    log.info("note deleted", note_id=note.id)
