"""The pages: each view reads the request, calls a service and renders a template."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import main_bp, services
from .forms import NoteForm


@main_bp.get("/")
def index() -> str:
    """List the notes."""
    before, after = request.args.get("before", type=int), request.args.get("after", type=int)
    page = services.list_notes(before=before, after=after)
    # <% if cookiecutter.cache == "redis" %>
    return render_template("main/index.html", page=page, count=services.count_notes())
    # <% else %>
    return render_template("main/index.html", page=page)
    # <% endif %>


@main_bp.route("/notes/new", methods=["GET", "POST"])
def new_note() -> ResponseReturnValue:
    """Create a note."""
    form = NoteForm()
    if form.validate_on_submit():
        note = services.create_note(title=form.title.data, body=form.body.data)
        flash(f"“{note.title}” was created.")
        return redirect(url_for(".index"), code=303)
    return render_template("main/new.html", form=form), 422 if form.errors else 200


@main_bp.route("/notes/<int:note_id>", methods=["GET", "POST"])
def edit_note(note_id: int) -> ResponseReturnValue:
    """Edit a note."""
    note = services.get_note(note_id)
    form = NoteForm(obj=note)
    if form.validate_on_submit():
        services.update_note(note, title=form.title.data, body=form.body.data)
        flash(f"“{note.title}” was saved.")
        return redirect(url_for(".index"), code=303)
    return render_template("main/edit.html", form=form, note=note), 422 if form.errors else 200


@main_bp.post("/notes/<int:note_id>/delete")
def delete_note(note_id: int) -> ResponseReturnValue:
    """Delete a note."""
    note = services.get_note(note_id)
    services.delete_note(note)
    flash(f"“{note.title}” was deleted.")
    return redirect(url_for(".index"), code=303)
