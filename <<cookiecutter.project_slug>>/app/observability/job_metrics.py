"""Metrics of background jobs: workers export outcomes and durations, the scheduler the queue."""

import os
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import structlog
from celery import Celery, Task, signals
from flask import Flask
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from app.extensions import db
from app.models import Export
from app.models.base import utc_now
from app.models.export import QUEUED, STATES

UNKNOWN = "unknown"  # for names in messages that are no tasks
OUTCOMES = {"SUCCESS": "done", "RETRY": "retried", "FAILURE": "failed"}
# Not "job": that is a label of Prometheus itself.
TASKS = Counter("jobs", "Runs of tasks by outcome: done, retried or failed.", ("name", "outcome"))
DURATION = Histogram(
    "job_duration_seconds",
    "Duration of a run.",
    ("name",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def init_job_metrics(app: Flask) -> None:
    """Create the counters when a worker starts, and serve the metrics of the queue in the scheduler."""

    def start_at_zero(**_: Any) -> None:
        """Create all series, so that the first event of each is an increase."""
        celery: Celery = app.extensions["celery"]
        for name in [UNKNOWN, *(name for name in celery.tasks if not name.startswith("celery."))]:
            DURATION.labels(name)
            for outcome in OUTCOMES.values():
                TASKS.labels(name, outcome)

    def serve(**_: Any) -> None:
        """Serve the metrics of the scheduler at ``METRICS_HOST`` and ``METRICS_PORT``."""
        registry = CollectorRegistry()
        registry.register(QueueCollector(app))
        host, port = os.environ.get("METRICS_HOST") or "127.0.0.1", os.environ.get("METRICS_PORT") or "8001"
        start_http_server(int(port), host, registry)

    signals.worker_process_init.connect(start_at_zero, weak=False)
    signals.beat_init.connect(serve, weak=False)


@signals.task_prerun.connect
def start_timer(task: "Task[..., Any]", **_: Any) -> None:
    """Record when a run starts."""
    task.request.update(started=perf_counter())


@signals.task_postrun.connect
def observe(task: "Task[..., Any]", state: str | None = None, **_: Any) -> None:
    """Count a run and its duration."""
    TASKS.labels(task.name, OUTCOMES.get(state or "", "failed")).inc()
    DURATION.labels(task.name).observe(perf_counter() - task.request.get("started", perf_counter()))


@signals.task_unknown.connect
@signals.task_rejected.connect
def count_unreadable(**_: Any) -> None:
    """Count a message that no worker can process."""
    TASKS.labels(UNKNOWN, "failed").inc()


class QueueCollector(Collector):
    """Queries the broker and the database for each scrape; the metrics of an unavailable one are missing.

    Parameters:
        app: the application, for its settings.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        with self.app.app_context():
            for query in (self.messages, self.exports):
                try:
                    yield from query()
                except Exception as error:  # each library has its own
                    log.warning("metrics unavailable", query=query.__name__, error=type(error).__name__)

    def messages(self) -> list[Metric]:
        """Return how many messages the broker holds."""
        celery: Celery = self.app.extensions["celery"]
        with celery.connection_for_read() as connection:
            channel: Any = connection.default_channel
            try:
                count = channel.queue_declare(celery.conf.task_default_queue, passive=True).message_count
            except connection.channel_errors:  # Redis has no empty queues
                count = 0
        return [GaugeMetricFamily("jobs_messages", "Messages that no worker has fetched.", value=count)]

    def exports(self) -> list[Metric]:
        """Return how many exports there are in each state, and the age of the oldest queued one."""
        states = GaugeMetricFamily("jobs_in_state", "Exports by state.", labels=("state",))
        for state in STATES:
            count = select(func.count(Export.id)).where(Export.state == state)
            states.add_metric((state,), db.session.scalars(count).one())
        oldest = db.session.scalar(select(func.min(Export.created)).where(Export.state == QUEUED))
        age = (utc_now() - oldest).total_seconds() if oldest else 0.0
        waiting = GaugeMetricFamily("jobs_waiting_seconds", "Age of the oldest queued export.", value=age)
        return [states, waiting]
