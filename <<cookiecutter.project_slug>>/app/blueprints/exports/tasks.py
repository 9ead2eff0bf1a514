"""The background tasks of exports."""

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from flask import current_app, json
from kombu.exceptions import OperationalError
from sqlalchemy import Select, delete, func, or_, select, update

from app import models
# <% if cookiecutter.auth %>
from app.auth.owner import act_as, required_owner_id
# <% endif %>
from app.extensions import db
from app.models.base import Base, utc_now
from app.models.export import DONE, FAILED, RUNNING, UNFINISHED, Export

MAX_ATTEMPTS = 5
BATCH_SIZE = 100  # rows
EXPORTED: list[type[models.Base]] = [
    # The models whose rows are exported; each has an integer key "id".
    # <% if cookiecutter.auth %>
    # Each has an "owner_id" too: an export contains the rows of its owner.
    # <% endif %>
    models.Note,
]

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@shared_task(
    acks_late=True,
    autoretry_for=(Exception,),
    max_retries=MAX_ATTEMPTS - 1,
    retry_backoff=5,
    retry_backoff_max=60,
)
def write_export(export_id: int) -> None:
    """Write all rows of the export's owner into it.

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
        content = write_rows(export)
    except Exception as error:
        db.session.rollback()
        if export.attempts >= MAX_ATTEMPTS:
            finish(export_id, FAILED, error=type(error).__name__)
            log.error("export failed", export_id=export_id, exc_info=error)
            return
        raise
    finish(export_id, DONE, content=content)
    log.info("export written", export_id=export_id)


def write_rows(export: Export) -> str:
    """Return all rows of the export's owner as JSON, by table, and commit the progress after each batch."""
    counts = [select(func.count()).select_from(own_rows(model).subquery()) for model in EXPORTED]
    export.done, export.total = 0, sum(db.session.scalars(count).one() for count in counts)
    document: dict[str, list[dict[str, Any]]] = {}
    for model in EXPORTED:
        rows = document.setdefault(model.__tablename__, [])
        last_id = 0
        while batch := db.session.execute(own_rows(model, last_id).limit(BATCH_SIZE)).mappings().all():
            rows += map(dict, batch)
            last_id = rows[-1]["id"]
            export.done, export.last_seen = export.done + len(batch), utc_now()
            export.total = max(export.total, export.done)
            db.session.commit()
    return json.dumps(document)


def own_rows(model: type[Base], after_id: int = 0) -> Select[Any]:
    """Return the statement that selects the rows of a model that belong to the owner, by id."""
    table = model.__table__
    # <% if not cookiecutter.auth %>
    statement = select(table)
    # <% else %>
    columns = [column for column in table.c if column.name != "owner_id"]
    statement = select(*columns).where(table.c.owner_id == required_owner_id())
    # <% endif %>
    return statement.where(table.c.id > after_id).order_by(table.c.id)


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
