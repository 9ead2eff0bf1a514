"""The endpoints of version 1; their docstrings are its documentation."""

from collections.abc import Sequence

from flask import url_for
from flask.views import MethodView
from flask_smorest.pagination import PaginationParameters

from app.blueprints.main import services
from app.models import Note

from . import api_v1_bp
from .schemas import NoteSchema


@api_v1_bp.route("/notes/")
class Notes(MethodView):
    """All notes."""

    @api_v1_bp.response(200, NoteSchema(many=True))
    @api_v1_bp.paginate(page_size=20)
    def get(self, pagination_parameters: PaginationParameters) -> Sequence[services.NoteRow]:
        """List notes

        The newest first, a page at a time. The header `X-Pagination` says how many there are.
        """
        page = services.list_notes(pagination_parameters.page, pagination_parameters.page_size)
        pagination_parameters.item_count = page.total
        return list(page.items)

    @api_v1_bp.arguments(NoteSchema)
    @api_v1_bp.response(
        201, NoteSchema, headers={"Location": {"description": "The new note.", "schema": {"type": "string"}}}
    )
    def post(self, fields: dict[str, str]) -> tuple[Note, int, dict[str, str]]:
        """Create a note"""
        note = services.create_note(**fields)
        return note, 201, {"Location": url_for(".OneNote", note_id=note.id)}


@api_v1_bp.route("/notes/<int:note_id>")
class OneNote(MethodView):
    """One note."""

    @api_v1_bp.response(200, NoteSchema)
    def get(self, note_id: int) -> Note:
        """Get a note"""
        return services.get_note(note_id)

    @api_v1_bp.arguments(NoteSchema)
    @api_v1_bp.response(200, NoteSchema)
    def put(self, fields: dict[str, str], note_id: int) -> Note:
        """Replace a note"""
        note = services.get_note(note_id, to_change=True)
        return services.update_note(note, fields)

    @api_v1_bp.response(204)
    def delete(self, note_id: int) -> None:
        """Delete a note"""
        note = services.get_note(note_id, to_change=True)
        services.delete_note(note)
