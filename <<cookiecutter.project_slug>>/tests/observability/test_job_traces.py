"""Jobs within the trace of the request that wanted them."""

import os
from collections.abc import Callable, Iterator

import pytest
from celery import Celery, signals
from flask import Flask

from app import create_app
from app.config import load_config
from app.core.environment import Environment
from app.extensions import db
from app.jobs import Work, broker, enqueue, job
from app.jobs.work import sweep
from app.jobs.worker import work_off
from app.observability import telemetry, tracing
from app.observability.tracing import tracing_settings

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENT = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
seen: list[dict[str, str]] = []


@job
def see_trace(_work: Work) -> None:
    """Remember in which trace this is done."""
    seen.append(dict(tracing.add_ids(None, "info", {})))


@job
def lose_trace(work: Work) -> None:
    """Fail in it."""
    seen.append(dict(tracing.add_ids(None, "info", {})))
    raise LookupError(str(work.job.id))


@pytest.fixture
def calls(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was started and ended."""
    kept = dict(os.environ)
    calls: list[str] = []

    def start(_app: Flask) -> Callable[[], None]:
        calls.append("start")
        return lambda: calls.append("end")

    settings = tracing_settings(Environment({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}), None)
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | settings)
    monkeypatch.setattr(tracing, "ids", None)
    monkeypatch.setattr(telemetry, "start", start)
    seen.clear()
    yield calls
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def own(app: Flask, calls: list[str]) -> Iterator[Flask]:
    """An application that tells a collector, with two addresses that want something."""
    own = create_app("testing")

    @own.get("/look")
    def want_look() -> str:
        return str(enqueue(see_trace).id)

    @own.get("/stumble")
    def want_stumble() -> str:
        return str(enqueue(lose_trace).id)

    with own.app_context():
        db.create_all()
    yield own
    with own.app_context():
        db.engine.dispose()


def inside(own: Flask, function: Callable[[], object]) -> None:
    """Call a function in the application's context."""
    with own.app_context():
        function()


def test_job_is_done_in_the_trace_of_its_request(own: Flask, calls: list[str]) -> None:
    celery: Celery = own.extensions["celery"]
    own.test_client().get("/look", headers=SENT)
    inside(own, lambda: work_off(celery))
    assert [each["trace_id"] for each in seen] == [TRACE]
    assert tracing.add_ids(None, "info", {}) == {}
    own.test_client().get("/stumble", headers=SENT)
    inside(own, lambda: work_off(celery))
    assert [each["trace_id"] for each in seen] == [TRACE, TRACE]
    assert tracing.add_ids(None, "info", {}) == {}
    signals.worker_process_shutdown.send(sender=None)
    assert calls == ["start", "end"]


def test_message_that_is_sent_later_names_the_same_trace(own: Flask) -> None:
    celery: Celery = own.extensions["celery"]
    own.test_client().get("/look", headers=SENT)
    own.config["BROKER_URL"] = celery.conf.broker_url
    inside(own, sweep)
    with celery.connection_for_write() as connection:
        channel = connection.default_channel
        message = channel.basic_get(broker.QUEUE)  # type: ignore[attr-defined]
        channel.queue_purge(broker.QUEUE)  # type: ignore[attr-defined]
    assert message.headers["traceparent"].split("-")[1] == TRACE


def test_process_that_measures_nothing_names_no_trace(app: Flask) -> None:
    headers: dict[str, str] = {}
    signals.before_task_publish.send(sender="x", headers=headers)
    assert not headers.get("traceparent")
