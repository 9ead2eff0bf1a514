"""What version 1 takes and gives."""

from marshmallow import Schema, fields
from marshmallow.validate import Length

from app.models.note import BODY_LENGTH, TITLE_LENGTH


class NoteSchema(Schema):
    """A note."""

    id = fields.Integer(dump_only=True)
    title = fields.String(required=True, validate=Length(1, TITLE_LENGTH), metadata={"example": "Groceries"})
    body = fields.String(
        load_default="", validate=Length(max=BODY_LENGTH), metadata={"example": "Rice, tofu"}
    )
    created = fields.AwareDateTime(dump_only=True)
