"""Traces that a process exports."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from opentelemetry import trace
from sqlalchemy import text

from app.config import load_config
from app.extensions import db
from app.observability import telemetry, tracing
from tests.support.otlp import Received, collector


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    """A collector."""
    with collector() as found:
        yield found


@pytest.fixture
def own(received: Received, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application in this process that exports only traces, at exit."""
    kept, others = dict(os.environ), set(threading.enumerate())
    monkeypatch.setattr(tracing, "ids", None)
    endpoint = f"http://127.0.0.1:{received.port}/v1/traces"
    monkeypatch.setenv("TEST_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint)
    ends: list[Callable[[], object]] = []
    app = Flask("own")
    app.config.from_mapping(load_config("testing"))
    tracing.init_tracing(app)
    monkeypatch.setattr(telemetry, "start", lambda app, start=telemetry.start: ends.append(start(app)))
    db.init_app(app)

    @app.get("/own/<int:number>")
    def thing(number: int) -> dict[str, str]:
        assert db.session.scalar(text("SELECT :number"), {"number": number}) == number
        return dict(tracing.add_ids(None, "info", {}))

    yield app
    for end in ends:
        end()
    for thread in set(threading.enumerate()) - others:
        if thread.name == "telemetry":
            thread.join(60)  # until then it reads the variables
    assert len(ends) == 1
    assert os.getpid() not in {each["resource"]["process.pid"] for each in received.metrics}
    with app.app_context():
        db.engine.dispose()
    os.environ.clear()
    os.environ.update(kept)


def spans(received: Received, trace_id: str, *libraries: str) -> dict[str, dict[str, Any]]:
    """Return the spans of a trace by instrumentation, once there is one of each."""
    end = time.monotonic() + 60
    found: dict[str, dict[str, Any]] = {}
    while not found.keys() >= set(libraries) and time.monotonic() < end:
        time.sleep(0.05)
        own = [span for span in received.spans if span["trace_id"] == trace_id]
        found = {span["scope"].rpartition(".")[2]: span for span in own}
    return found


def test_process_starts_exporting_on_its_first_request(own: Flask, received: Received) -> None:
    client = own.test_client()
    assert tracing.add_ids(None, "info", {}) == {}
    ids = [client.get(f"/own/{number}?token=very-secret").get_json() for number in range(3)]
    client.get("/unknown")
    assert len({each["trace_id"] for each in ids}) == 3
    trace.get_tracer_provider().force_flush()  # type: ignore[attr-defined]
    found = spans(received, ids[0]["trace_id"], "flask", "sqlalchemy")
    assert found["flask"]["span_id"] == ids[0]["span_id"]
    assert found["flask"]["attributes"]["url.query"] == "-"
