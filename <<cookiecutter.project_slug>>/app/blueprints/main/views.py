"""The pages, thin: read the request, ask a service, render."""

import re
from uuid import uuid4

import structlog
from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from . import main_bp, services
from .forms import NoteForm

# Whatever else a client sends must not reach the logs or other services.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@main_bp.before_app_request
def identify_request() -> None:
    """Give the request the id of ``X-Request-ID`` or a new one; every log line of the request carries it."""
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


@main_bp.after_app_request
def echo_request_id(response: Response) -> Response:
    """Tell the client the id under which the logs speak of its request."""
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response


@main_bp.get("/")
def index() -> str:
    """Show the notes and a form for a new one."""
    return render_index(NoteForm())


@main_bp.post("/notes")
def create_note() -> BaseResponse | tuple[str, int]:
    """Store the note of the form, or show the form again with what is wrong."""
    form = NoteForm()
    if not form.validate_on_submit():
        return render_index(form), 422
    note = services.create_note(form.title.data or "", form.body.data or "")
    flash(f"“{note.title}” is saved.")
    return redirect(url_for(".index"), code=303)


@main_bp.route("/notes/<int:note_id>", methods=["GET", "POST"])
def edit_note(note_id: int) -> BaseResponse | tuple[str, int]:
    """Show a note in a form, and store what is sent back."""
    note = services.get_note(note_id)
    form = NoteForm(obj=note)
    if form.validate_on_submit():
        services.update_note(note, {"title": form.title.data or "", "body": form.body.data or ""})
        flash(f"“{note.title}” is saved.")
        return redirect(url_for(".index"), code=303)
    return render_template("main/edit.html", form=form, note=note), 422 if form.errors else 200


@main_bp.post("/notes/<int:note_id>/delete")
def delete_note(note_id: int) -> BaseResponse:
    """Remove a note."""
    note = services.get_note(note_id)
    services.delete_note(note)
    flash(f"“{note.title}” is deleted.")
    return redirect(url_for(".index"), code=303)


def render_index(form: NoteForm) -> str:
    """Render the home page around a form, empty or with its errors."""
    page = request.args.get("page", 1, type=int)
    return render_template("main/index.html", form=form, notes=services.list_notes(max(page, 1)))
