"""What jobs and scheduled tasks raise, told like any other unhandled exception: see ``app.observability.error_reports``.

A report names the job and the request that wanted it; what the job was called with is not in it.
"""

from typing import Any

import structlog
from celery import Task, signals
from flask import Flask

from app.jobs.broker import job_ended
from app.models import Job

from .error_reports import SECONDS


def init_job_reports(app: Flask) -> None:
    """Report what jobs raise, also those that will be tried again, and what Celery's tasks do."""
    if not app.config["SENTRY_DSN"]:
        return

    def report_task(sender: "Task[..., Any]", exception: BaseException, **_: Any) -> None:
        """Report what a task raised outside of a job: the scheduled ones, or a database that is away."""
        if sender.app is app.extensions["celery"]:
            report(exception, sender.name, structlog.contextvars.get_contextvars().get("request_id", ""))

    job_ended.connect(report_job, app)
    signals.task_failure.connect(report_task, weak=False)
    # Celery's processes end without what Python does at the end.
    signals.worker_process_shutdown.connect(flush, weak=False)


def report_job(_app: Flask, *, job: Job, outcome: str, error: BaseException | None, **_: Any) -> None:
    """Report what a job raised."""
    if error is not None:
        report(error, job.name, job.request_id, job_id=job.id, outcome=outcome)


def report(error: BaseException, name: str, request_id: str, **tags: object) -> None:
    """Report an exception under the name of its job, and the id by which the logs know the request."""
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_transaction_name(name)
        for key, value in {"job": name, "request_id": request_id, **tags}.items():
            scope.set_tag(key, str(value))
        scope.capture_exception(error)


def flush(**_: Any) -> None:
    """Send what is still waiting."""
    import sentry_sdk

    sentry_sdk.flush(timeout=SECONDS)
