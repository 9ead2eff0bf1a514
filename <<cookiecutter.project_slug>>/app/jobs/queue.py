"""The rows of jobs: how one comes to be, who is told of it, who has it, and how it ends."""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, cast

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, CursorResult, and_, func, not_, or_, select, update
from sqlalchemy.orm import defer

from app.extensions import db
from app.jobs.broker import MARGIN, job_ended, publish
from app.models import Job
from app.models.base import utc_now
from app.models.job import DONE, FAILED, QUEUED, RUNNING

from .sender import headers_for, sender

OVERTAKEN, RETRIED = "overtaken", "retried"
OUTCOMES = (DONE, FAILED, OVERTAKEN, RETRIED)
MOST_TRIES = 5
FIRST_PAUSE = timedelta(seconds=10)  # four times as long with each try
# A job that was sent and that nobody has begun for so long is sent again: its message may be lost. It is, if the broker
# has none left; where there are others, the job may only wait for its turn, and only as many are sent as are missing.
LOST = timedelta(seconds=30)
FORGOTTEN = timedelta(minutes=5)
AT_ONCE = 500  # how many jobs one look finds

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Incomprehensible(Exception):
    """Nobody here knows such a job, or can read such a message."""


def enqueue(function: Callable[..., None], **arguments: Any) -> Job:
    """Have a job done soon.

    Commits the session, so that the job is wanted if and only if what belongs to it is stored. While the broker is away
    the job waits in its row.

    Parameters:
        function: one with ``@job``.
        arguments: what it is called with, beside its ``Work``: what JSON can say.
    """
    job = Job(name=function.__name__, arguments=arguments, **sender())
    if current_app.config["BROKER_URL"]:
        job.sent = utc_now()
    db.session.add(job)
    db.session.commit()
    log.info("job queued", job=job.name, job_id=job.id)
    if job.sent:
        send(job)
    return job


def send(job: Job) -> bool:
    """Tell the workers of a job; if the broker is away, remember that it is still to do, and give False."""
    try:
        publish(job.name, job.id, headers_for(job))
    except Exception as error:  # each broker's library has its own
        log.warning("broker is away", job=job.name, job_id=job.id, error=type(error).__name__)
        change(Job.id == job.id, sent=None)
        db.session.commit()
        return False
    return True


def change(*conditions: ColumnElement[bool], **values: Any) -> bool:
    """Change the rows for which all conditions hold, in the current transaction; tell whether there was one."""
    statement = update(Job).where(*conditions).values(**values)
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    return bool(cast("CursorResult[Any]", done).rowcount)


def startable(now: datetime, *, over: bool = False) -> ColumnElement[bool]:
    """Say which jobs may begin: those that are due, and those whose worker's time is over, or is said to be."""
    due = and_(Job.state == QUEUED, or_(Job.due.is_(None), Job.due <= now))
    return or_(due, and_(Job.state == RUNNING, Job.lease < now if not over else Job.lease.is_not(None)))


def untold() -> ColumnElement[bool]:
    """Say which jobs nobody has been told of, or not since their worker's time is over."""
    return or_(Job.sent.is_(None), and_(Job.lease.is_not(None), Job.sent < Job.lease))


def waiting(*conditions: ColumnElement[bool], limit: int = AT_ONCE) -> list[Job]:
    """Give jobs that may begin and for which all conditions hold, the oldest first."""
    query = select(Job).where(startable(utc_now()), *conditions).order_by(Job.id).limit(limit)
    return list(db.session.scalars(query.options(defer(Job.arguments), defer(Job.error))))


def unheard(messages: int) -> list[Job]:
    """Give jobs that may begin and of which no message seems to tell, the oldest first.

    A backlog that is only long has a message for each job: to send these again would make it longer and longer.

    Parameters:
        messages: how many the broker has.
    """
    told, now = not_(untold()), utc_now()
    number = db.session.scalar(select(func.count()).select_from(Job).where(startable(now), told)) or 0
    found = waiting(untold())
    if (missing := min(number - messages, AT_ONCE)) > 0:
        found += waiting(told, Job.sent < now - (FORGOTTEN if messages else LOST), limit=missing)
    return found


def claim(job_id: int, *, over: bool = False) -> Job | None:
    """Take a job, or give None when it is not there to be taken: done, or somebody else's.

    Parameters:
        job_id: which.
        over: whether the broker says that whoever had it is gone.
    """
    now, token = utc_now(), token_hex(16)
    lease = now + timedelta(seconds=current_app.config["JOB_SECONDS"] + MARGIN)
    mine = {"state": RUNNING, "token": token, "tries": Job.tries + 1, "started": now, "lease": lease}
    taken = change(Job.id == job_id, startable(now, over=over), **mine)
    db.session.commit()
    if not taken:
        return None
    job = db.session.get(Job, job_id, populate_existing=True)
    # Somebody may have been quicker to find that the lease is over; then it is theirs.
    return job if job and job.token == token else None


def settle(job_id: int, token: str, **values: Any) -> bool:
    """Change a job in the current transaction, provided that it still belongs to this token."""
    return change(Job.id == job_id, Job.token == token, Job.state == RUNNING, **values)


def put_off(job_id: int, reason: str) -> bool:
    """Let a job wait that nobody here can do, and fail in the end; False when it does not wait at all."""
    job = db.session.get(Job, job_id, populate_existing=True)
    if job is None or job.state != QUEUED:
        return False
    job.tries += 1
    job.state, job.token, job.lease = RUNNING, token_hex(16), utc_now()
    db.session.commit()
    tell_end(job, give_up(job, reason), Incomprehensible(reason))
    return True


def finish(job: Job) -> bool:
    """Commit what a job has done and that it is done, both or neither."""
    if settle(job.id, job.token, state=DONE, finished=utc_now(), error=""):
        db.session.commit()
        return True
    db.session.rollback()
    return False


def give_up(job: Job, reason: str) -> str:
    """Let a job be tried again after a while, or fail for good when that was its last try; give the outcome."""
    db.session.rollback()
    reason = reason.replace("\x00", "")[:500]
    outcome = RETRIED if job.tries < MOST_TRIES else FAILED
    if outcome == RETRIED:
        pause = FIRST_PAUSE * 4 ** (job.tries - 1)
        again = {"state": QUEUED, "due": utc_now() + pause, "sent": None, "lease": None}
        settle(job.id, job.token, **again, error=reason)
        log.warning("job will be tried again", tries=job.tries, seconds=pause.seconds, error=reason)
    else:
        settle(job.id, job.token, state=FAILED, finished=utc_now(), error=reason)
        log.error("job failed", tries=job.tries, error=reason)
    db.session.commit()
    return outcome


def tell_end(job: Job, outcome: str, error: Exception | None, seconds: float = 0.0) -> None:
    """Let those who watch jobs know what has become of an attempt at one."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    job_ended.send(app, job=job, outcome=outcome, error=error, seconds=seconds)
