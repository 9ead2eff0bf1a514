"""What can be done with exports of notes; the job that writes one is a function like the others.

An export is the job that makes it: its number, state and progress are the job's.
"""

from collections.abc import Iterator

from flask import json
from sqlalchemy import func, select
from werkzeug.exceptions import Conflict, NotFound

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
    steps = db.session.scalar(select(func.count(Note.id))) or 0
    work.progress(0, steps)
    lines: list[str] = []
    for notes in batches():
        lines += [json.dumps(describe(note)) for note in notes]
        work.progress(len(lines), max(steps, len(lines)))
    content = "[\n" + ",\n".join(lines) + "\n]\n"
    db.session.add(Export(job_id=work.job.id, content=content))


def batches() -> Iterator[list[Note]]:
    """Give all notes, some at a time, the oldest first."""
    query = select(Note).order_by(Note.id).limit(AT_ONCE)
    last = 0
    while notes := list(db.session.scalars(query.where(Note.id > last))):
        yield notes
        last = notes[-1].id
        db.session.expunge_all()


def describe(note: Note) -> dict[str, object]:
    """Give what an export says of a note."""
    return {"id": note.id, "title": note.title, "body": note.body, "created": note.created}


def exports() -> list[Job]:
    """Give the last exports, the newest first."""
    query = select(Job).where(Job.name == export_notes.__name__)
    return list(db.session.scalars(query.order_by(Job.id.desc()).limit(SHOWN)))


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
    found = db.session.get(Job, job_id) if job_id <= LARGEST_ID else None
    if found is None or found.name != export_notes.__name__:
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
