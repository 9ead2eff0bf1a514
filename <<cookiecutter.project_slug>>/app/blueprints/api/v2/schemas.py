"""The schemas of version 2."""

from marshmallow import Schema, fields
from marshmallow.validate import Length

from app.models.base import TEXT_PATTERN
from app.models.note import BODY_LENGTH, TITLE_LENGTH

TITLE = {"example": "Groceries", "pattern": TEXT_PATTERN}
BODY = {"example": "Rice, tofu", "pattern": TEXT_PATTERN}


class NoteSchema(Schema):
    """A note."""

    id = fields.Integer(dump_only=True)
    title = fields.String(required=True, validate=Length(1, TITLE_LENGTH), metadata=TITLE)
    body = fields.String(load_default="", validate=Length(max=BODY_LENGTH), metadata=BODY)
    created_at = fields.AwareDateTime(attribute="created", dump_only=True)


class NotePageSchema(Schema):
    """A page of notes."""

    items = fields.List(fields.Nested(NoteSchema))
    newer = fields.Integer(allow_none=True, metadata={"description": "`after` for newer notes."})
    older = fields.Integer(allow_none=True, metadata={"description": "`before` for older notes."})
