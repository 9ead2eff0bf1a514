"""What version 2 takes and gives."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from app.models.base import LARGEST_ID, TEXT_PATTERN
from app.models.note import BODY_LENGTH, TITLE_LENGTH

TITLE = {"example": "Groceries", "pattern": TEXT_PATTERN}
BODY = {"example": "Rice, tofu", "pattern": TEXT_PATTERN}


class NoteSchema(Schema):
    """A note."""

    id = fields.Integer(dump_only=True)
    title = fields.String(required=True, validate=Length(1, TITLE_LENGTH), metadata=TITLE)
    body = fields.String(validate=Length(max=BODY_LENGTH), metadata=BODY)
    created_at = fields.AwareDateTime(attribute="created", dump_only=True)


class NoteChangesSchema(NoteSchema):
    """The attributes of a note that change."""

    title = fields.String(validate=Length(1, TITLE_LENGTH), metadata=TITLE)


class NotesQuerySchema(Schema):
    """Which part of the notes is asked for."""

    before = fields.Integer(
        load_default=None,
        validate=Range(1, LARGEST_ID),
        metadata={"description": "The cursor `next` of the part before; none for the newest notes."},
    )
    limit = fields.Integer(
        load_default=20, validate=Range(1, 100), metadata={"description": "How many notes."}
    )


class NotesSchema(Schema):
    """A part of the notes."""

    items = fields.List(fields.Nested(NoteSchema))
    next = fields.Integer(
        allow_none=True, metadata={"description": "The cursor of the part after this one; null at the end."}
    )
