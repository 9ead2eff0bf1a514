"""A job belongs to the trace of the request that wanted it, whoever sends its message and however late that is.

The row of the job keeps where in the trace it was wanted. Like ``app.observability.tracing`` this imports nothing of OpenTelemetry
where nothing is measured.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from celery import Celery, Task, signals
from flask import Flask

from app.jobs.broker import QUEUE, job_ended
from app.models import Job

from . import tracing


def traceparent() -> str:
    """Give the current span as https://www.w3.org/TR/trace-context/ writes it; empty while there is none."""
    if tracing.ids is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    found: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(found)
    return found.get("traceparent", "")


def take_along(headers: dict[str, Any], **_: Any) -> None:
    """Put the trace of whoever sends a task into its message, unless that says already whose it is."""
    headers.setdefault("traceparent", traceparent())


class JobTraces:
    """The spans of the tasks that an application does.

    Parameters:
        app: whose tasks they are.
        begin: starts to send what this process measures, unless it has; a worker's processes are forked, too.
        end: lets what waits leave before the process ends.
    """

    def __init__(self, app: Flask, begin: Callable[[], None], end: Callable[[], None]) -> None:
        self.app, self.begin, self.end = app, begin, end
        self.open: dict[str, ExitStack] = {}

    def connect(self) -> None:
        """Listen to Celery and to jobs."""
        signals.before_task_publish.connect(take_along, weak=False)
        signals.task_prerun.connect(self.enter, weak=False)
        signals.task_postrun.connect(self.leave, weak=False)
        # Celery's processes end without what Python does at the end.
        signals.worker_process_shutdown.connect(lambda **_: self.end(), weak=False)
        job_ended.connect(self.note, self.app, weak=False)

    def enter(self, task_id: str, task: "Task[..., Any]", **_: Any) -> None:
        """Begin the span of a task, within the trace that its message names."""
        celery: Celery | None = self.app.extensions.get("celery")
        if task.app is not celery:
            return
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self.begin()
        given = {"traceparent": (task.request.headers or {}).get("traceparent") or ""}
        whose = TraceContextTextMapPropagator().extract(given, context.Context())
        attributes = {
            "messaging.system": "celery",
            "messaging.destination.name": QUEUE,
            "messaging.operation.name": task.name,
            "messaging.operation.type": "process",
            "messaging.message.id": task_id,
        }
        stack = ExitStack()
        tracer = trace.get_tracer("opentelemetry.instrumentation.celery")
        stack.enter_context(
            tracer.start_as_current_span(
                f"process {task.name}", whose, kind=trace.SpanKind.CONSUMER, attributes=attributes
            )
        )
        self.open[task_id] = stack

    def leave(self, task_id: str, **_: Any) -> None:
        """End the span."""
        if stack := self.open.pop(task_id, None):
            stack.close()

    def note(self, _app: Flask, *, job: Job, outcome: str, error: BaseException | None, **_: Any) -> None:
        """Say in the span which job it was and what has become of it."""
        from opentelemetry import trace

        span = trace.get_current_span()
        span.set_attributes({"job.id": job.id, "job.outcome": outcome})
        if error is not None:
            span.record_exception(error)
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
