"""What the scheduler tells Prometheus: what waits, in the broker and in the table, and what has failed.

It is one process, so nobody counts twice. It looks every few seconds by itself, and a scrape gets what it has seen: so no
scrape waits for a broker or a database. What was not seen for a while, because one of them is away, is told no more.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep
from typing import Any

import structlog
from flask import Flask
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select

from app.extensions import db
from app.jobs.broker import count_messages
from app.jobs.worker import Clock
from app.models import Job
from app.models.base import utc_now
from app.models.job import QUEUED, STATES

PAUSE = 5.0  # seconds between two looks
FRESH = 30.0  # seconds for which one is told

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """What one look has found.

    Parameters:
        moment: when.
        found: the metrics.
    """

    moment: float
    found: list[Metric]


def look_at_broker() -> list[Metric]:
    """Ask the broker what waits."""
    waiting = count_messages()
    return [GaugeMetricFamily("jobs_messages", "Messages that no worker has fetched.", value=waiting)]


def look_at_table() -> list[Metric]:
    """Ask the database how many jobs there are, and how long the oldest that may begin has waited."""
    rows = db.session.execute(select(Job.state, func.count().label("number")).group_by(Job.state))
    counts = {row.state: row.number for row in rows}
    now = utc_now()
    begin = func.coalesce(Job.due, Job.created)
    first = db.session.scalar(select(begin).where(Job.state == QUEUED, begin <= now).order_by(begin).limit(1))
    states = GaugeMetricFamily("jobs_in_state", "Jobs of the table.", labels=("state",))
    for state in STATES:
        states.add_metric((state,), counts.get(state, 0))
    waited = (now - first).total_seconds() if first else 0.0
    oldest = GaugeMetricFamily(
        "jobs_waiting_seconds", "How long the oldest that may begin has waited.", value=waited
    )
    return [states, oldest]


class Watch(Collector):
    """Looks at the broker and the table, and tells what it has seen.

    Parameters:
        app: whose they are.
    """

    looks: tuple[Callable[[], list[Metric]], ...] = (look_at_broker, look_at_table)

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.seen: dict[str, Seen] = {}

    def collect(self) -> Iterator[Metric]:
        """Give what was seen lately."""
        for seen in list(self.seen.values()):
            if monotonic() - seen.moment < FRESH:
                yield from seen.found

    def look(self, at: Callable[[], list[Metric]]) -> None:
        """Look once."""
        with self.app.app_context():
            try:
                self.seen[at.__name__] = Seen(monotonic(), at())
            except Exception as error:  # each library has its own
                self.seen.pop(at.__name__, None)
                log.debug("nothing to be seen", look=at.__name__, error=type(error).__name__)

    def keep_looking(self, at: Callable[[], list[Metric]]) -> None:
        """Look again and again; each look has a thread of its own, so that neither waits for the other."""
        while True:
            self.look(at)
            sleep(PAUSE)

    def serve(self) -> None:
        """Begin to look and to tell, at ``METRICS_HOST`` and ``METRICS_PORT``."""
        registry = CollectorRegistry()
        registry.register(self)
        host, port = os.environ.get("METRICS_HOST") or "127.0.0.1", os.environ.get("METRICS_PORT") or "8001"
        start_http_server(int(port), host, registry)
        for at in self.looks:
            Thread(target=self.keep_looking, args=(at,), name=at.__name__, daemon=True).start()


class WatchedClock(Clock):
    """The scheduler of production, which tells what waits."""

    def setup_schedule(self) -> None:
        """Begin to tell: once, when the scheduler does."""
        watch: Any = self.app.conf["watch"]
        watch.serve()
        super().setup_schedule()
