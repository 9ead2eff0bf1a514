"""Keyset pagination: the last page of a million rows costs what the first one does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import current_app
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.exceptions import NotFound

from app.extensions import db

MAX_ID = 2**31 - 1  # the largest id that an INTEGER column holds on every database

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """A page of a list, newest first.

    Parameters:
        items: its rows.
        newer: the key for ``after`` that leads to newer rows; None on the first page.
        older: the key for ``before`` that leads to older rows; None on the last page.
    """

    items: Sequence[T]
    newer: int | None
    older: int | None


def paginate(
    statement: Select[T],
    key: InstrumentedAttribute[int],
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int | None = None,
) -> Page[T]:
    """Return a page of the rows that ``statement`` selects, newest first, without counting them.

    Parameters:
        statement: selects one model.
        key: the model's primary key, which grows from row to row.
        before: return rows older than the one with this key.
        after: return rows newer than the one with this key.
        limit: the number of rows on a page; ``PAGE_SIZE`` without it.

    Raises:
        werkzeug.exceptions.NotFound: ``before`` or ``after`` is no key.
    """
    if not all(0 <= value <= MAX_ID for value in (before, after) if value is not None):
        raise NotFound("There is no such page.")
    if before is not None:
        statement = statement.where(key < before)
    if after is not None:
        statement = statement.where(key > after)
    statement = statement.order_by(key.desc() if after is None else key.asc())
    limit = limit or int(current_app.config["PAGE_SIZE"])
    # One row more than the page holds tells whether there is another page.
    rows = list(db.session.scalars(statement.limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    has_newer, has_older = before is not None, more
    if after is not None:
        rows.reverse()
        has_newer, has_older = more, True
    if not rows:  # beyond the end of the list: the links lead back into it
        return Page(rows, before and before - 1, None if after is None else min(after + 1, MAX_ID))
    first, last = getattr(rows[0], key.key), getattr(rows[-1], key.key)
    return Page(rows, first if has_newer else None, last if has_older else None)
