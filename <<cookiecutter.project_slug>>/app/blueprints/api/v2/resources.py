"""The endpoints of version 2; their docstrings are its documentation."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from app.blueprints.main import services
from app.models import Note

from . import api_v2_bp
from .queries import notes_before
from .schemas import NoteChangesSchema, NoteSchema, NotesQuerySchema, NotesSchema


@api_v2_bp.route("/notes/")
class Notes(MethodView):
    """All notes."""

    @api_v2_bp.arguments(NotesQuerySchema, location="query")
    @api_v2_bp.response(200, NotesSchema)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List notes

        The newest first. A cursor stays right while notes come and go, where a page number would skip or repeat some.
        """
        notes = notes_before(query["before"], query["limit"] + 1)
        items, more = notes[: query["limit"]], notes[query["limit"] :]
        return {"items": items, "next": items[-1].id if more else None}

    @api_v2_bp.arguments(NoteSchema)
    @api_v2_bp.response(
        201, NoteSchema, headers={"Location": {"description": "The new note.", "schema": {"type": "string"}}}
    )
    def post(self, fields: dict[str, str]) -> tuple[Note, int, dict[str, str]]:
        """Create a note"""
        note = services.create_note(**fields)
        return note, 201, {"Location": url_for(".OneNote", note_id=note.id)}


@api_v2_bp.route("/notes/<int:note_id>")
class OneNote(MethodView):
    """One note."""

    @api_v2_bp.response(200, NoteSchema)
    def get(self, note_id: int) -> Note:
        """Get a note"""
        return services.get_note(note_id)

    @api_v2_bp.arguments(NoteChangesSchema)
    @api_v2_bp.response(200, NoteSchema)
    def patch(self, fields: dict[str, str], note_id: int) -> Note:
        """Change a note

        Only the attributes that are sent change.
        """
        note = services.get_note(note_id, to_change=True)
        return services.update_note(note, fields)

    @api_v2_bp.response(204)
    def delete(self, note_id: int) -> None:
        """Delete a note"""
        note = services.get_note(note_id, to_change=True)
        services.delete_note(note)
