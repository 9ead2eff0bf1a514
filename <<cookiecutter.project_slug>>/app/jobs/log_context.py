"""Log lines of a task carry its name, its id and the id of the request that sent it."""

from typing import Any

from celery import Task, signals
from structlog.contextvars import bind_contextvars, unbind_contextvars


@signals.task_prerun.connect
def bind_task(task: "Task[..., Any]", task_id: str, **_: Any) -> None:
    """Bind the context of a task."""
    request_id = (task.request.headers or {}).get("request_id")
    bind_contextvars(task=task.name, task_id=task_id, request_id=request_id)


@signals.task_postrun.connect
def unbind_task(task: "Task[..., Any]", **_: Any) -> None:
    """Unbind it; after an eager task the request keeps its id."""
    unbind_contextvars("task", "task_id")
    if not task.request.is_eager:
        unbind_contextvars("request_id")
