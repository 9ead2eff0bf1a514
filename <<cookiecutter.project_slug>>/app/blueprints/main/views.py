"""The pages, thin: read the request, ask a service, render."""

from datetime import datetime
from functools import lru_cache

from flask import current_app, flash, redirect, render_template, request, url_for
from jinja2 import Template
from markupsafe import Markup
from werkzeug.wrappers import Response

# <% if cookiecutter.cache == "redis" %>
from app.cache import remember
from app.models import Note

# <% endif %>
from . import main_bp, services
from .forms import NoteForm


@main_bp.get("/")
def index() -> str:
    """Show the notes. A page that only shows asks for no session, so that it sets no cookie and costs little."""
    page = request.args.get("page", "1")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 20 else 0
    return render_template("main/index.html", notes=render_notes(number, request.root_path))


@main_bp.route("/notes/new", methods=["GET", "POST"])
def new_note() -> Response | tuple[str, int]:
    """Show an empty form, and store what is sent back."""
    form = NoteForm()
    if form.validate_on_submit():
        note = services.create_note(form.title.data or "", form.body.data or "")
        flash(f"“{note.title}” is saved.")
        return redirect(url_for(".index"), code=303)
    return render_template("main/new.html", form=form), 422 if form.errors else 200


@main_bp.route("/notes/<int:note_id>", methods=["GET", "POST"])
def edit_note(note_id: int) -> Response | tuple[str, int]:
    """Show a note in a form, and store what is sent back."""
    note = services.get_note(note_id)
    form = NoteForm(obj=note)
    if form.validate_on_submit():
        services.update_note(note, {"title": form.title.data or "", "body": form.body.data or ""})
        flash(f"“{note.title}” is saved.")
        return redirect(url_for(".index"), code=303)
    return render_template("main/edit.html", form=form, note=note), 422 if form.errors else 200


@main_bp.post("/notes/<int:note_id>/delete")
def delete_note(note_id: int) -> Response:
    """Remove a note."""
    note = services.get_note(note_id)
    services.delete_note(note)
    flash(f"“{note.title}” is deleted.")
    return redirect(url_for(".index"), code=303)


@main_bp.app_template_filter()
def minute(moment: datetime) -> str:
    """Show a moment in UTC, to the minute."""
    return moment.isoformat(" ", "minutes").removesuffix("+00:00")


# <% if cookiecutter.cache == "redis" %>
@remember(Note)
# <% endif %>
def render_notes(number: int, mounted_at: str) -> Markup:
    """Render a page of notes: the part of the home page that is the same for every visitor of one mount point."""
    template, notes = current_app.jinja_env.get_template("main/_list.html"), services.list_notes(number)
    try:
        hash(notes)
    except TypeError:  # a column of JSON, for example, can be no key
        return render_list.__wrapped__(template, mounted_at, notes)
    return render_list(template, mounted_at, notes)


@lru_cache(maxsize=32)
def render_list(template: Template, _mounted_at: str, notes: services.NotePage) -> Markup:
    """Render notes, and the same notes only once: what they say is the key, so that nothing needs to be forgotten.

    A template that was edited is another object, and so another key.
    """
    return Markup(template.render(notes=notes))  # noqa: S704  # nosec B704  (a template's output)
