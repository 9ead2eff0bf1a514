"""The background tasks of exports."""

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from flask import current_app, json
from kombu.exceptions import OperationalError
from sqlalchemy import delete, func, or_, select, update

# <% if cookiecutter.auth %>
from app.auth.owner import act_as
# <% endif %>
from app.extensions import db
from app.models import Export, Note
from app.models.base import utc_now
from app.models.export import DONE, FAILED, RUNNING, UNFINISHED

MAX_ATTEMPTS = 5
BATCH_SIZE = 100  # notes

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@shared_task(
    acks_late=True,
    autoretry_for=(Exception,),
    max_retries=MAX_ATTEMPTS - 1,
    retry_backoff=5,
    retry_backoff_max=60,
)
def write_export(export_id: int) -> None:
    """Write all notes of the export's owner into it.

    A message may be delivered more than once: the state in the row decides, and a finished export is skipped.
    """
    export = db.session.get(Export, export_id)
    if export is None or not export.unfinished:
        log.info("export skipped", export_id=export_id)
        return
    export.state, export.attempts, export.last_seen = RUNNING, export.attempts + 1, utc_now()
    db.session.commit()
    # <% if cookiecutter.auth %>
    act_as(export.owner_id)
    # <% endif %>
    try:
        if export.attempts > MAX_ATTEMPTS:
            raise RuntimeError("each worker that started this export was lost")
        content = write_notes(export)
    except Exception as error:
        db.session.rollback()
        if export.attempts >= MAX_ATTEMPTS:
            finish(export_id, FAILED, error=type(error).__name__)
            log.error("export failed", export_id=export_id, exc_info=error)
            return
        raise
    finish(export_id, DONE, content=content)
    log.info("export written", export_id=export_id)


def write_notes(export: Export) -> str:
    """Return all notes of the export's owner as JSON, and commit the progress after each batch."""
    notes = select(Note).order_by(Note.id).limit(BATCH_SIZE)
    count = select(func.count(Note.id))
    # <% if cookiecutter.auth %>
    notes = notes.where(Note.owner_id == export.owner_id)
    count = count.where(Note.owner_id == export.owner_id)
    # <% endif %>
    export.total = db.session.scalars(count).one()
    lines: list[str] = []
    last_id = 0
    while batch := db.session.scalars(notes.where(Note.id > last_id)).all():
        lines += [json.dumps(serialize(note)) for note in batch]
        last_id = batch[-1].id
        export.done, export.last_seen = len(lines), utc_now()
        export.total = max(export.total, export.done)
        db.session.commit()
    return "[\n" + ",\n".join(lines) + "\n]\n"


def serialize(note: Note) -> dict[str, object]:
    """Return what an export contains of a note."""
    return {"id": note.id, "title": note.title, "body": note.body, "created": note.created}


def finish(export_id: int, state: str, **values: Any) -> None:
    """Finish an export in one statement, unless another delivery of its task has done so."""
    unfinished = update(Export).where(Export.id == export_id, Export.state.in_(UNFINISHED))
    db.session.execute(unfinished.values(state=state, unfinished_for=None, last_seen=utc_now(), **values))
    db.session.commit()


def send(export: Export) -> None:
    """Send the task of an export; while the broker is unavailable, ``resend_exports`` does it later."""
    export.last_seen = utc_now()
    db.session.commit()
    try:
        write_export.apply_async((export.id,), task_id=export.task_id)
    except OperationalError as error:
        log.warning("broker unavailable", export_id=export.id, error=type(error).__name__)
        export.last_seen = None
        db.session.commit()


@shared_task
def resend_exports() -> None:
    """Send exports again that the broker has not accepted, or whose worker was lost."""
    stale = utc_now() - timedelta(seconds=2 * current_app.config["CELERY"]["task_soft_time_limit"])
    lost = or_(Export.last_seen.is_(None), Export.last_seen < stale)
    for export in db.session.scalars(select(Export).where(Export.state.in_(UNFINISHED), lost)).all():
        log.info("export sent again", export_id=export.id)
        send(export)


@shared_task
def delete_old_exports() -> None:
    """Delete exports that were finished more than ``EXPORT_DAYS`` ago."""
    old = utc_now() - timedelta(days=current_app.config["EXPORT_DAYS"])
    db.session.execute(delete(Export).where(Export.state.not_in(UNFINISHED), Export.last_seen < old))
    db.session.commit()
