"""Notes in version 2; the docstrings are its documentation."""

from typing import Any

from flask import url_for
from flask.views import MethodView
from marshmallow import Schema, fields

from app.blueprints.api.schemas import PageQuerySchema, Text, link_header
from app.blueprints.notes import services
from app.core.pagination import Page
from app.models import Note
from app.models.note import BODY_LENGTH, TITLE_LENGTH

from . import api_v2_bp


class NoteSchema(Schema):
    """A note."""

    id = fields.Integer(dump_only=True)
    title = Text(1, TITLE_LENGTH, required=True, metadata={"example": "Title 1"})
    body = Text(0, BODY_LENGTH, load_default="", metadata={"example": "Body 1"})
    created_at = fields.AwareDateTime(attribute="created", dump_only=True)


class NotePageSchema(Schema):
    """A page of notes."""

    items = fields.List(fields.Nested(NoteSchema))
    newer = fields.Integer(allow_none=True, metadata={"description": "`after` for newer notes."})
    older = fields.Integer(allow_none=True, metadata={"description": "`before` for older notes."})


@api_v2_bp.route("/notes/", tags=["Notes"])
class Notes(MethodView):
    """All notes."""

    @api_v2_bp.arguments(PageQuerySchema, location="query")
    @api_v2_bp.response(200, NotePageSchema)
    def get(self, query: dict[str, Any]) -> tuple[Page[Note], dict[str, str]]:
        """List notes

        Newest first. The `Link` header has the URLs of the next and the previous page.
        """
        page = services.list_notes(**query)
        return page, link_header(page, ".Notes", **query)

    @api_v2_bp.arguments(NoteSchema)
    @api_v2_bp.response(201, NoteSchema)
    def post(self, data: dict[str, Any]) -> tuple[Note, dict[str, str]]:
        """Create a note

        The `Location` header has its URL.
        """
        note = services.create_note(**data)
        return note, {"Location": url_for(".NotesById", note_id=note.id)}


@api_v2_bp.route("/notes/<id:note_id>", tags=["Notes"])
class NotesById(MethodView):
    """One note."""

    @api_v2_bp.response(200, NoteSchema)
    def get(self, note_id: int) -> Note:
        """Get a note"""
        return services.get_note(note_id)

    @api_v2_bp.arguments(NoteSchema)
    @api_v2_bp.response(200, NoteSchema)
    def put(self, data: dict[str, Any], note_id: int) -> Note:
        """Replace a note"""
        return services.update_note(services.get_note(note_id), **data)

    @api_v2_bp.arguments(NoteSchema(partial=True))
    @api_v2_bp.response(200, NoteSchema)
    def patch(self, data: dict[str, Any], note_id: int) -> Note:
        """Change a note

        Only the fields that are sent change.
        """
        return services.update_note(services.get_note(note_id), **data)

    @api_v2_bp.response(204)
    def delete(self, note_id: int) -> None:
        """Delete a note"""
        services.delete_note(services.get_note(note_id))
