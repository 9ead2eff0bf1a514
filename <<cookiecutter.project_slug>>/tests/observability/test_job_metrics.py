"""What is told of jobs, and of those that wait."""

import re
from urllib.request import urlopen

import pytest
from celery import Celery, signals
from flask import Flask
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, start_http_server

from app.jobs import Work, enqueue, job
from app.jobs.work import bury
from app.models.job import FAILED
from app.observability import queue_metrics
from app.observability.queue_metrics import Watch, WatchedClock
from tests.conftest import Call
from tests.support.work import WorkOff


@job
def count_me(_work: Work) -> None:
    """Do nothing."""


@job
def count_my_fall(_work: Work) -> None:
    """Fail."""
    raise LookupError


def ended(name: str, outcome: str) -> float | None:
    """Give how many attempts have ended so."""
    return REGISTRY.get_sample_value("jobs_total", {"name": name, "outcome": outcome})


def told(watch: Watch) -> str:
    """Give what a scrape gets."""
    registry = CollectorRegistry()
    registry.register(watch)
    return generate_latest(registry).decode()


def test_attempts_count_by_how_they_end(call: Call, work: WorkOff) -> None:
    signals.worker_process_init.send(sender=None)
    # There before anybody has done one.
    assert [ended("count_me", outcome) for outcome in ("done", "retried", FAILED)] == [0, 0, 0]
    assert ended("sweep", "done") is None
    for wanted in (count_me, count_me, count_my_fall):
        call(enqueue, wanted)
    work()
    assert (ended("count_me", "done"), ended("count_my_fall", "retried")) == (2, 1)
    assert REGISTRY.get_sample_value("job_duration_seconds_count", {"name": "count_me"}) == 2


def test_names_that_messages_invent_count_as_one(call: Call) -> None:
    signals.worker_process_init.send(sender=None)
    before = ended("unknown", FAILED)
    assert before is not None
    call(bury, "unheard_of", "x")
    call(bury, "neither", "x")
    assert ended("unknown", FAILED) == before + 2
    assert ended("unheard_of", FAILED) is None


def test_what_waits_is_told_while_it_can_be_seen(
    app: Flask, call: Call, broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(enqueue, count_me)
    watch = Watch(app)
    assert told(watch) == ""
    for look in watch.looks:
        watch.look(look)
    text = told(watch)
    assert "jobs_messages 1.0" in text
    assert 'jobs_in_state{state="queued"} 1.0' in text
    assert 'jobs_in_state{state="failed"} 0.0' in text
    assert re.search(r"jobs_waiting_seconds \d\d?\.\d", text)

    def refuse() -> int:
        raise OSError("no route")

    monkeypatch.setattr(queue_metrics, "count_messages", refuse)
    watch.look(queue_metrics.look_at_broker)
    assert "jobs_messages" not in told(watch)
    assert "jobs_in_state" in told(watch)
    # Somebody who hangs is not told for ever.
    monkeypatch.setattr(queue_metrics, "FRESH", 0.0)
    assert told(watch) == ""


def test_scheduler_tells_without_being_asked_to_wait(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_PORT", "0")
    celery: Celery = app.extensions["celery"]
    servers = []

    def start(port: int, host: str, registry: CollectorRegistry) -> None:
        servers.append(start_http_server(port, host, registry))

    monkeypatch.setattr(queue_metrics, "start_http_server", start)
    monkeypatch.setattr(Watch, "looks", ())
    WatchedClock(celery, lazy=True)
    assert not servers
    WatchedClock(celery)
    [(server, _thread)] = servers
    try:
        with urlopen(f"http://127.0.0.1:{server.server_address[1]}/metrics", timeout=30) as answer:
            assert answer.status == 200
    finally:
        server.shutdown()
        server.server_close()
