"""Whose request a task belongs to: its id travels with the message into the task's log lines."""

from typing import Any

import structlog
from celery import Task, signals

CARRIED = ("request_id",)


@signals.before_task_publish.connect
def take_along(headers: dict[str, Any], **_: Any) -> None:
    """Put into the message what the sender's log lines carry."""
    context = structlog.contextvars.get_contextvars()
    for name in CARRIED:
        if name in context:
            headers.setdefault(name, context[name])


@signals.task_prerun.connect
def unpack(task: "Task[..., Any]", **_: Any) -> None:
    """Let the task's log lines carry the same."""
    headers = task.request.headers or {}
    carried = {name: headers[name] for name in CARRIED if headers.get(name)}
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, **carried)


@signals.task_postrun.connect
def forget(**_: Any) -> None:
    """Let the lines after the task carry nothing of it."""
    structlog.contextvars.clear_contextvars()
