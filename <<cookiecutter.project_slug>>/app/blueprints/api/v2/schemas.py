"""The schemas of version 2."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, Regexp

from app.models.base import TEXT_PATTERN, TITLE_PATTERN
from app.models.note import BODY_LENGTH, TITLE_LENGTH

TITLE = [Length(1, TITLE_LENGTH), Regexp(TITLE_PATTERN)]
BODY = [Length(max=BODY_LENGTH), Regexp(TEXT_PATTERN)]


class NoteSchema(Schema):
    """A note."""

    id = fields.Integer(dump_only=True)
    title = fields.String(required=True, validate=TITLE, metadata={"example": "Groceries"})
    body = fields.String(load_default="", validate=BODY, metadata={"example": "Rice, tofu"})
    created_at = fields.AwareDateTime(attribute="created", dump_only=True)


class NotePageSchema(Schema):
    """A page of notes."""

    items = fields.List(fields.Nested(NoteSchema))
    newer = fields.Integer(allow_none=True, metadata={"description": "`after` for newer notes."})
    older = fields.Integer(allow_none=True, metadata={"description": "`before` for older notes."})
