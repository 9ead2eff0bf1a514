"""How a job is done: taken, run, and finished in the transaction of its effect."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Any

import structlog
from celery import Task, shared_task
from flask import current_app
from sqlalchemy import delete

from app.extensions import db
from app.jobs.broker import count_messages
from app.models import Job
from app.models.base import utc_now
from app.models.job import DONE, FAILED, NAME_LENGTH

from .queue import (
    MOST_TRIES,
    OVERTAKEN,
    Incomprehensible,
    claim,
    finish,
    give_up,
    send,
    settle,
    tell_end,
    unheard,
)
from .sender import act_for

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class Overtaken(Exception):
    """Another worker has this job now."""


@dataclass(frozen=True)
class Work:
    """A job in the hands of a worker.

    Parameters:
        job: its row, as it was when the work began.
    """

    job: Job

    def progress(self, step: int, steps: int) -> None:
        """Tell how far the job is, and commit; call it before the first row of the effect is written.

        Raises:
            Overtaken: another worker has taken the job over, so there is no use in going on.
        """
        mine = settle(self.job.id, self.job.token, step=step, steps=steps)
        db.session.commit()
        if not mine:
            raise Overtaken


def job(function: Callable[..., None]) -> Callable[..., None]:
    """Let workers do a function; ``enqueue`` calls for it.

    The function is called with a ``Work`` and its arguments, and may be called more than once. What it writes through
    ``db.session`` counts once: it must not commit, because that is done together with the row of the job. Whatever it
    raises makes it be tried again, later and later.
    """

    @shared_task(name=function.__name__, bind=True)
    def task(self: "Task[..., Any]", *args: Any) -> None:
        if len(args) != 1 or not isinstance(args[0], int):
            bury(function.__name__, f"a message with arguments that make no sense: {args!r}")
            return
        perform(function, args[0], over=bool((self.request.delivery_info or {}).get("redelivered")))

    return function


def perform(function: Callable[..., None], job_id: int, *, over: bool = False) -> None:
    """Do a job, if it is there to be done.

    Parameters:
        function: what does it.
        job_id: which.
        over: whether the broker says that whoever had it before is gone.
    """
    if (mine := claim(job_id, over=over)) is None:
        log.info("job left alone", job_id=job_id)
        return
    act_for(mine)
    started = perf_counter()
    outcome, raised = attempt(function, mine)
    tell_end(mine, outcome, raised, perf_counter() - started)


def attempt(function: Callable[..., None], mine: Job) -> tuple[str, Exception | None]:
    """Try to do a job that was taken; give what has become of it, and what was raised."""
    if mine.tries > MOST_TRIES:
        return give_up(mine, "each worker that had it was lost"), None
    log.info("job started", tries=mine.tries)
    try:
        function(Work(mine), **mine.arguments)
        done = finish(mine)
    except Overtaken:
        done = False
    except Exception as error:
        db.session.rollback()
        log.warning("job raised an exception", exc_info=error)
        return give_up(mine, f"{type(error).__name__}: {error}"), error
    log.info("job done" if done else "job was taken over by another worker")
    return (DONE if done else OVERTAKEN), None


def bury(name: str, reason: str) -> None:
    """Keep what nobody can do where ``flask jobs failed`` shows it."""
    now = utc_now()
    log.error("job failed", job=name, error=reason)
    reason = reason.replace("\x00", "")[:500]
    buried = Job(name=name.replace("\x00", "")[:NAME_LENGTH], state=FAILED, error=reason, finished=now)
    db.session.add(buried)
    db.session.commit()
    # Without the reason, which may quote the message: reports go elsewhere.
    tell_end(buried, FAILED, Incomprehensible("flask jobs failed says what was not understood"))


@shared_task(name="sweep")
def sweep() -> None:
    """Send what nobody has been told of: new while the broker was away, to be tried again, lost with its worker."""
    if not current_app.config["BROKER_URL"]:
        return
    for each in unheard(count_messages()):
        each.sent = utc_now()
        db.session.commit()
        if not send(each):
            return


@shared_task(name="purge")
def purge() -> None:
    """Remove old jobs, and with them what they have made."""
    old = utc_now() - timedelta(days=current_app.config["JOB_DAYS"])
    db.session.execute(delete(Job).where(Job.state.in_((DONE, FAILED)), Job.finished < old))
    db.session.commit()
    log.info("old jobs purged")
