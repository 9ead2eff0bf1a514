"""The pages of notes: each view reads the request, calls a service and renders a template."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from . import notes_bp, services
from .forms import NoteForm


@notes_bp.get("/")
def index() -> str:
    """List the notes."""
    before, after = request.args.get("before", type=int), request.args.get("after", type=int)
    page = services.list_notes(before=before, after=after)
    # <% if cookiecutter.cache == "redis" %>
    return render_template("notes/index.html", page=page, count=services.count_notes())
    # <% else %>
    return render_template("notes/index.html", page=page)
    # <% endif %>


@notes_bp.get("/<id:note_id>")
def show(note_id: int) -> str:
    """Show a note."""
    return render_template("notes/show.html", note=services.get_note(note_id))


@notes_bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Create a note."""
    form = NoteForm()
    if form.validate_on_submit():
        note = services.create_note(**form.fields)
        flash(f"“{note}” was created.")
        return redirect(url_for(".show", note_id=note.id), code=303)
    return render_template("notes/form.html", form=form), 422 if form.errors else 200


@notes_bp.route("/<id:note_id>/edit", methods=["GET", "POST"])
def edit(note_id: int) -> ResponseReturnValue:
    """Edit a note."""
    note = services.get_note(note_id)
    form = NoteForm(obj=note)
    if form.validate_on_submit():
        services.update_note(note, **form.fields)
        flash(f"“{note}” was saved.")
        return redirect(url_for(".show", note_id=note_id), code=303)
    return render_template("notes/form.html", form=form, note=note), 422 if form.errors else 200


@notes_bp.post("/<id:note_id>/delete")
def delete(note_id: int) -> ResponseReturnValue:
    """Delete a note."""
    note = services.get_note(note_id)
    services.delete_note(note)
    flash(f"“{note}” was deleted.")
    return redirect(url_for(".index"), code=303)
