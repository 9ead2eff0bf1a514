"""Traces and metrics that a server exports."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import Server, free_port, serving
from tests.support.otlp import Received, collector

from tests.support.production import REQUIRED

COMMAND = [
    "-c",
    """
import os
from sqlalchemy import text
from werkzeug.serving import run_simple
from app.extensions import db
from wsgi import app

@app.get("/things/<int:number>")
def thing(number):
    return str(db.session.scalar(text("SELECT :number"), {"number": number}))

run_simple("127.0.0.1", int(os.environ["PORT"]), app, threaded=True)
""",
]
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
QUICK = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_METRIC_EXPORT_INTERVAL": "500"}


@pytest.fixture(scope="module")
def received() -> Iterator[Received]:
    """A collector."""
    with collector() as found:
        yield found


@pytest.fixture(scope="module")
def server(received: Received, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that exports to the collector."""
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{received.port}",
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=very-secret",
        "OTEL_RESOURCE_ATTRIBUTES": "team=shop",
        # A slow collector must not cause errors in the log.
        "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
    }
    with serving(COMMAND, tmp_path_factory.mktemp("server"), **QUICK, **settings) as running:
        running.wait_until_ready()
        yield running


def requests(server: Server) -> list[dict[str, Any]]:
    """Return the log lines of requests; the last line may be incomplete."""
    lines = map(json.loads, server.output.rpartition("\n")[0].splitlines())
    return [line for line in lines if line["event"] == "request"]


def spans(received: Received, trace_id: str, *libraries: str) -> dict[str, dict[str, Any]]:
    """Return the spans of a trace by instrumentation, once there is one of each."""
    end = time.monotonic() + 60
    found: dict[str, dict[str, Any]] = {}
    while not found.keys() >= set(libraries) and time.monotonic() < end:
        time.sleep(0.05)
        own = [span for span in received.spans if span["trace_id"] == trace_id]
        found = {span["scope"].rpartition(".")[2]: span for span in own}
    return found


def test_trace_spans_proxy_request_and_statement(server: Server, received: Received) -> None:
    traceparent = f"00-{TRACE}-{PARENT}-01"
    assert server.get("/things/7?token=very-secret", traceparent=traceparent) == 200
    found = spans(received, TRACE, "flask", "sqlalchemy")
    request, statement = found["flask"], found["sqlalchemy"]
    assert request["parent_id"] == PARENT
    assert statement["parent_id"] == request["span_id"]
    assert request["name"] == "GET /things/<int:number>"
    assert request["attributes"]["http.response.status_code"] == 200
    assert "SELECT" in statement["attributes"]["db.query.text"]
    assert (TRACE, request["span_id"]) in {(line["trace_id"], line["span_id"]) for line in requests(server)}
    resource = request["resource"]
    assert (resource["service.name"], resource["team"]) == (Path.cwd().name, "shop")
    assert resource["deployment.environment.name"] == "production"
    assert resource["service.instance.id"]
    assert received.headers["api-key"] == "very-secret"
    assert "very-secret" not in json.dumps(received.spans)


def test_request_without_a_trace_starts_one(server: Server, received: Received) -> None:
    assert server.get("/things/8") == 200
    (line,) = [line for line in requests(server) if line["path"] == "/things/8"]
    assert len(line["trace_id"]) == 32
    assert spans(received, line["trace_id"], "flask")["flask"]["parent_id"] == ""


def test_untrusted_host_and_unknown_path_are_traced(server: Server, received: Received) -> None:
    other = TRACE[::-1]
    traceparent = f"00-{other}-{PARENT}-01"
    assert server.get("/things/9", Host="evil.example", traceparent=traceparent) == 400
    assert server.get("/unknown/things/9", traceparent="00-nonsense") == 404
    assert spans(received, other, "flask")["flask"]["attributes"]["http.response.status_code"] == 400
    assert '"level":"error"' not in server.output
    assert '"level": "error"' not in server.output
    assert spans(received, other, "flask")["flask"]["name"] == "unknown route"


def test_duration_is_exported_by_route(server: Server, received: Received) -> None:
    server.get("/things/10")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        text = json.dumps([m for m in received.metrics if m["name"] == "http.server.request.duration"])
        if "/things/<int:number>" in text:
            return
        time.sleep(0.1)
    pytest.fail("no metric with the route")


@pytest.mark.parametrize("silent", [True, False])
def test_unavailable_collector_delays_no_request(tmp_path: Path, silent: bool) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if not silent:
            listener.close()
        command = [COMMAND[0], f"import signal, sys\nsignal.signal(15, lambda *_: sys.exit()){COMMAND[1]}"]
        with serving(command, tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=url, **QUICK) as server:
            server.wait_until_ready()
            server.get("/things/1")
            took = []
            for number in range(20):
                started = time.monotonic()
                assert server.get(f"/things/{number}") == 200
                took.append(time.monotonic() - started)
            # Waiting for the collector would take ten seconds.
            assert max(took) < 9
            assert sorted(took)[10] < 0.25
            assert server.stop() == 0  # gives it 20 seconds


@pytest.mark.parametrize(
    "names",
    [
        ("sentry_sdk",),
        ("opentelemetry.exporter", "opentelemetry.instrumentation", "app.observability.telemetry"),
    ],
)
def test_nothing_is_imported_that_no_setting_asks_for(names: tuple[str, ...]) -> None:
    code = (
        f"import sys; from wsgi import app; print([name for name in sys.modules if name.startswith({names})])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=REQUIRED | {"APP_ENV": "production"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
