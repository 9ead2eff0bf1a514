"""Lists of the API by page: ``before``, ``after`` and ``limit`` in, a ``Link`` header out (RFC 8288)."""

from typing import Any

from flask import url_for
from marshmallow import Schema, fields
from marshmallow.validate import Range

from app.core.pagination import MAX_ID, Page


class PageQuerySchema(Schema):
    """The query of a list."""

    before = fields.Integer(validate=Range(0, MAX_ID), metadata={"description": "Items older than this id."})
    after = fields.Integer(validate=Range(0, MAX_ID), metadata={"description": "Items newer than this id."})
    limit = fields.Integer(load_default=20, validate=Range(1, 100))


def link_header(page: Page[Any], endpoint: str, limit: int) -> dict[str, str]:
    """Return a ``Link`` header with the URLs of the next and the previous page."""
    links = []
    if page.older is not None:
        links.append(f'<{url_for(endpoint, before=page.older, limit=limit)}>; rel="next"')
    if page.newer is not None:
        links.append(f'<{url_for(endpoint, after=page.newer, limit=limit)}>; rel="prev"')
    return {"Link": ", ".join(links)} if links else {}
