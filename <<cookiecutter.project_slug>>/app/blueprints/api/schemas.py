"""What the schemas of all versions share: texts, and lists by page with a ``Link`` header (RFC 8288)."""

from typing import Any

from flask import url_for
from marshmallow import Schema, fields
from marshmallow.validate import Length, Range, Regexp

from app.core.pagination import MAX_ID, Page
from app.models.base import TEXT_PATTERN, TITLE_PATTERN


class Text(fields.String):
    """A text from ``least`` to ``most`` characters, stored without surrounding blanks, as forms do."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        valid = [Length(least, most), Regexp(TITLE_PATTERN if least else TEXT_PATTERN)]
        super().__init__(pre_load=strip, validate=valid, **kwargs)


def strip(value: Any) -> Any:
    """Remove blanks around a text; another value stays as it is, for the field to reject."""
    return value.strip() if isinstance(value, str) else value


class PageQuerySchema(Schema):
    """The query of a list."""

    before = fields.Integer(validate=Range(0, MAX_ID), metadata={"description": "Items older than this id."})
    after = fields.Integer(validate=Range(0, MAX_ID), metadata={"description": "Items newer than this id."})
    limit = fields.Integer(load_default=20, validate=Range(1, 100))


def link_header(page: Page[Any], endpoint: str, **query: Any) -> dict[str, str]:
    """Return a ``Link`` header with the URLs of the next and the previous page of a list with this query."""
    links = []
    for rel, key, value in (("next", "before", page.older), ("prev", "after", page.newer)):
        if value is not None:
            url = url_for(endpoint, **query | {"before": None, "after": None, key: value})
            links.append(f'<{url}>; rel="{rel}"')
    return {"Link": ", ".join(links)} if links else {}
