"""Exports of all data in version 2."""

from flask import Response, url_for
from flask.views import MethodView
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.blueprints.exports import services
from app.blueprints.exports.views import attachment
from app.models import Export
from app.models.export import STATES

from . import api_v2_bp

LOCATION = {"Location": {"description": "The export.", "schema": {"type": "string"}}}


class ExportSchema(Schema):
    """An export and its progress."""

    id = fields.Integer(dump_only=True)
    state = fields.String(dump_only=True, validate=OneOf(STATES))
    done = fields.Integer(dump_only=True, metadata={"description": "How many rows are written."})
    total = fields.Integer(dump_only=True, metadata={"description": "How many there are."})
    created_at = fields.AwareDateTime(attribute="created", dump_only=True)


@api_v2_bp.route("/exports/", tags=["Exports"])
class Exports(MethodView):
    """Exports of all data."""

    @api_v2_bp.response(202, ExportSchema, headers=LOCATION)
    def post(self) -> tuple[Export, int, dict[str, str]]:
        """Start an export

        If one is under way, it is returned instead. Poll `Location` until its state is `done`.
        """
        export = services.start_export()
        return export, 202, {"Location": url_for(".OneExport", export_id=export.id)}


@api_v2_bp.route("/exports/<id:export_id>", tags=["Exports"])
class OneExport(MethodView):
    """One export."""

    @api_v2_bp.response(200, ExportSchema)
    def get(self, export_id: int) -> Export:
        """Get an export"""
        return services.get_export(export_id)


@api_v2_bp.route("/exports/<id:export_id>/export.json", tags=["Exports"])
class ExportDocument(MethodView):
    """The document of an export."""

    @api_v2_bp.response(200, {"type": "object"}, content_type="application/json")
    @api_v2_bp.alt_response(409, description="The export is not finished.")
    def get(self, export_id: int) -> Response:
        """Download the document of an export

        An object with a list of rows for each table.
        """
        return attachment(services.read_export(export_id))
