"""A worker's own part: its logs, its health, its connections, and messages that nobody can do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import Celery, signals
from celery.beat import ScheduleEntry, Scheduler
from flask import Flask

from app.extensions import db

from .queue import put_off, waiting
from .sender import headers_for
from .work import bury


def init_worker(app: Flask) -> Celery:
    """Make this process a worker or the scheduler of an application, and give its Celery."""
    celery: Celery = app.extensions["celery"]
    celery.set_current()
    celery.conf["worker_consumer"] = "app.jobs.reader:Reader"

    def keep_logging(**_: Any) -> None:
        """Leave logging to the application: Celery sets up its own where nobody listens."""

    def forget_connections(**_: Any) -> None:
        """Give a process that was forked connections of its own."""
        with app.app_context():
            db.engine.dispose(close=False)

    def put_off_unknown(name: str, message: Any, **_: Any) -> None:
        """Try a job later that this release does not know: during an update another worker does."""
        with app.app_context():
            refuse(name, message)

    def bury_unread(message: Any, exc: Exception | None, **_: Any) -> None:
        """Keep a message that cannot be read among the failed jobs."""
        with app.app_context():
            bury_message(message, exc)

    def say_so(**_: Any) -> None:
        """Show that the worker listens to its broker."""
        show_life(celery)

    keep(signals.setup_logging, keep_logging)
    keep(signals.worker_process_init, forget_connections)
    keep(signals.task_unknown, put_off_unknown)
    keep(signals.task_rejected, bury_unread)
    keep(signals.heartbeat_sent, say_so)
    return celery


def keep(signal: Any, receiver: Callable[..., None]) -> None:
    """Have a function called for as long as the process lives."""
    signal.connect(receiver, weak=False)


def refuse(name: str, message: Any) -> None:
    """Put the job of a message off, or keep the message's name where failed jobs are shown."""
    reason = f"this release knows no job {name!r}"
    try:
        body = message.payload
    except Exception as error:  # each way to encode has its own
        bury_message(message, error)
        return
    arguments = body[0] if isinstance(body, list | tuple) and body else []
    if not (len(arguments) == 1 and isinstance(arguments[0], int) and put_off(arguments[0], reason)):
        bury(name, reason)


def bury_message(message: Any, error: Exception | None) -> None:
    """Keep what is known of a message that cannot be read; its body stands in the worker's log."""
    name = (message.headers or {}).get("task") or "?"
    why = f"{type(error).__name__}: {error}" if error else "it names no job"
    bury(str(name), f"a message of type {message.content_type} that cannot be read: {why}")


def show_life(celery: Celery) -> None:
    """Renew the file that a health check looks at, if there is to be one."""
    if name := celery.conf["alive_file"]:
        Path(name).touch()


class Clock(Scheduler):
    """The scheduler of production: it needs no file for its memory, and shows that it is alive."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; give the seconds until something else is."""
        show_life(self.app)
        return super().tick(*args, **kwargs)


class Alone(Scheduler):
    """A scheduler that does in this process what is due, instead of sending it to a broker."""

    producer = None  # type: ignore[assignment]

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **_: Any) -> Any:
        """Do a scheduled task, which ``tick`` counts as done already."""
        return self.app.tasks[str(entry.task)].apply(entry.args, entry.kwargs)


def work_off(celery: Celery) -> int:
    """Do all jobs that may begin, in this process and without a broker; give how many there were."""
    rows = waiting()
    for row in rows:
        if row.name in celery.tasks:
            celery.tasks[row.name].apply((row.id,), headers=headers_for(row))
        else:
            put_off(row.id, f"this release knows no job {row.name!r}")
    return len(rows)
