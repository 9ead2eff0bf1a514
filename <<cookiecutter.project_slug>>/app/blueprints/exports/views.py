"""The pages about exports, thin: read the request, ask a service, render."""

from flask import Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.models.job import QUEUED, RUNNING

from . import exports_bp, services

REFRESH = 2  # seconds


@exports_bp.get("/")
def index() -> str:
    """Show the exports and a button for a new one."""
    return render_template("exports/index.html", exports=services.exports())


@exports_bp.post("/")
def create() -> AnyResponse:
    """Start an export and show how far it is."""
    return redirect(url_for(".show", job_id=services.start_export().id), code=303)


@exports_bp.get("/<int:job_id>")
def show(job_id: int) -> Response:
    """Show an export; while it is under way, the browser asks again by itself, without a script."""
    export = services.get_export(job_id)
    response = Response(render_template("exports/show.html", export=export))
    if export.state in (QUEUED, RUNNING):
        response.headers["Refresh"] = str(REFRESH)
    return response


@exports_bp.get("/<int:job_id>/notes.json")
def download(job_id: int) -> Response:
    """Give the document."""
    return attachment(services.read_export(job_id))


def attachment(content: str) -> Response:
    """Give a document that a browser stores as a file."""
    response = Response(content, mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=notes.json"
    return response
