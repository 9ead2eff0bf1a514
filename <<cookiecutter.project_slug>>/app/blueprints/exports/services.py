"""What can be done with exports of notes; the job that writes one is a function like the others.

An export is the job that makes it: its number, state and progress are the job's.
"""

from collections.abc import Iterator

from flask import json
from sqlalchemy import ColumnElement, func, select
from werkzeug.exceptions import Conflict, NotFound

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id, required_owner_id
# <% endif %>
from app.extensions import db
from app.jobs import Work, enqueue, job
from app.models import Export, Job, Note
from app.models.base import LARGEST_ID
from app.models.job import DONE, QUEUED, RUNNING

AT_ONCE = 100  # notes
SHOWN = 20  # exports


@job
def export_notes(work: Work) -> None:
    """Write all notes into one document."""
    steps = db.session.scalar(select(func.count(Note.id)).where(*own_notes())) or 0
    work.progress(0, steps)
    lines: list[str] = []
    for notes in batches():
        lines += [json.dumps(describe(note)) for note in notes]
        work.progress(len(lines), max(steps, len(lines)))
    content = "[\n" + ",\n".join(lines) + "\n]\n"
    db.session.add(Export(job_id=work.job.id, content=content))


def batches() -> Iterator[list[Note]]:
    """Give all notes, some at a time, the oldest first."""
    query = select(Note).where(*own_notes()).order_by(Note.id).limit(AT_ONCE)
    last = 0
    while notes := list(db.session.scalars(query.where(Note.id > last))):
        yield notes
        last = notes[-1].id
        db.session.expunge_all()


def own_notes() -> list[ColumnElement[bool]]:
    """Say which notes are exported."""
    # <% if cookiecutter.auth %>
    return [Note.owner_id == required_owner_id()]
    # <% else %>
    return []
    # <% endif %>


def describe(note: Note) -> dict[str, object]:
    """Give what an export says of a note."""
    return {"id": note.id, "title": note.title, "body": note.body, "created": note.created}


def own_exports() -> list[ColumnElement[bool]]:
    """Say which jobs are exports that this context may see."""
    return [
        Job.name == export_notes.__name__,
        # <% if cookiecutter.auth %>
        Job.owner_id == (owner_id() or 0),
        # <% endif %>
    ]


def exports() -> list[Job]:
    """Give the last exports, the newest first."""
    query = select(Job).where(*own_exports()).order_by(Job.id.desc())
    return list(db.session.scalars(query.limit(SHOWN)))


def start_export() -> Job:
    """Start an export, or give the one that is under way: a second one would say the same."""
    for each in exports():
        if each.state in (QUEUED, RUNNING):
            return each
    return enqueue(export_notes)


def get_export(job_id: int) -> Job:
    """Give an export.

    Raises:
        werkzeug.exceptions.NotFound: there is no such export.
    """
    query = select(Job).where(Job.id == job_id, *own_exports())
    found = db.session.scalar(query) if job_id <= LARGEST_ID else None
    if found is None:
        raise NotFound("There is no such export.")
    return found


def read_export(job_id: int) -> str:
    """Give the document that an export has written.

    Raises:
        werkzeug.exceptions.NotFound: there is no such export.
        werkzeug.exceptions.Conflict: it is not finished.
    """
    if get_export(job_id).state != DONE:
        raise Conflict("This export is not finished.")
    content: str = db.session.scalars(select(Export.content).where(Export.job_id == job_id)).one()
    return content
