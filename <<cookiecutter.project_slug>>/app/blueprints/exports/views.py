"""The pages about exports."""

from flask import Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from . import exports_bp, services


@exports_bp.get("/")
def index() -> str:
    """Show the exports and a button for a new one."""
    return render_template("exports/index.html", exports=services.list_exports())


@exports_bp.post("/")
def create() -> BaseResponse:
    """Start an export and show its progress."""
    return redirect(url_for(".show", export_id=services.start_export().id), code=303)


@exports_bp.get("/<id:export_id>")
def show(export_id: int) -> Response:
    """Show an export; while it is unfinished the browser reloads the page."""
    export = services.get_export(export_id)
    response = Response(render_template("exports/show.html", export=export))
    if export.unfinished:
        response.headers["Refresh"] = "2"  # seconds
    return response


@exports_bp.get("/<id:export_id>/export.json")
def download(export_id: int) -> Response:
    """Send the document."""
    return attachment(services.read_export(export_id))


def attachment(content: str) -> Response:
    """Return a response that browsers store as a file."""
    headers = {"Content-Disposition": "attachment; filename=export.json"}
    return Response(content, headers=headers, mimetype="application/json")
