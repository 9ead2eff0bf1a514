"""What workers tell Prometheus: how many jobs have ended, how, and how long they took.

A worker that is started by ``serve_metrics.py`` tells it for all its processes together.
"""

from celery import Celery, signals
from flask import Flask
from prometheus_client import Counter, Histogram

from app.jobs.broker import SCHEDULE, job_ended
from app.jobs.queue import OUTCOMES
from app.models import Job

from .queue_metrics import Watch

UNKNOWN = "unknown"
# Not "job": that is what Prometheus calls those whom it asks.
ENDED = Counter(
    "jobs", "Attempts that have ended: done, to be tried again, failed or overtaken.", ("name", "outcome")
)
DURATION = Histogram(
    "job_duration_seconds",
    "Time that an attempt took.",
    ("name",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)


def init_job_metrics(app: Flask) -> None:
    """Count the jobs that this process does, and let a scheduler tell what waits."""
    celery: Celery = app.extensions["celery"]
    celery.conf["watch"] = Watch(app)

    def begin(**_: object) -> None:
        """Let all counters be there from the beginning, so that the first of each is an increase too."""
        scheduled = {each["task"] for each in SCHEDULE.values()}
        count_from_now(UNKNOWN)
        for name in celery.tasks.keys() - scheduled:
            if not name.startswith("celery."):
                count_from_now(name)

    signals.worker_process_init.connect(begin, weak=False)
    job_ended.connect(observe, app)


def count_from_now(name: str) -> None:
    """Tell of a job that nobody has done yet."""
    DURATION.labels(name)
    for outcome in OUTCOMES:
        ENDED.labels(name, outcome)


def observe(app: Flask, *, job: Job, outcome: str, seconds: float, **_: object) -> None:
    """Count an attempt; there are as many names as functions with ``@job``, and one for all that a message may invent."""
    name = job.name if job.name in app.extensions["celery"].tasks else UNKNOWN
    DURATION.labels(name).observe(seconds)
    ENDED.labels(name, outcome).inc()
