"""One trace from the log of Nginx through the application to what it asks others for, as a collector gets it."""

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from job_processes import WORKER, Jobs, wait_until
from nginx_server import NginxServer
from postgres import Postgres
from production import Server, in_production
from project import Project, free_port, whole_lines
from redis_server import RedisServer
from workspace import missing

# The libraries that take part. What else asks or is asked within a request belongs here.
LIBRARIES = {"flask", "sqlalchemy", "redis"}
SENT = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{SENT}-b7ad6b7169203331-01"
TOKEN = """
from app import create_app
from app.auth import services, tokens

with create_app().app_context():
    user = services.create_user("ann@example.com", "correct horse battery staple")
    print(tokens.create_token(user.id, "traced", tokens.SCOPES, 1)[1])
"""

traced = pytest.mark.parametrize("project", ["full"], indirect=True)


class Collector:
    """What has arrived, in lines of a file.

    Parameters:
        log: the file.
    """

    def __init__(self, log: Path) -> None:
        self.log = log

    def spans(self, trace: str) -> list[dict[str, Any]]:
        """Give the spans of a trace."""
        lines = map(json.loads, whole_lines(self.log))
        return [line for line in lines if line.get("trace_id") == trace]

    def wait(self, trace: str, libraries: set[str]) -> list[dict[str, Any]]:
        """Give the spans of a trace, once each of the libraries has sent one."""
        deadline = time.monotonic() + 60
        while True:
            spans = self.spans(trace)
            found = {span["scope"].rpartition(".")[2] for span in spans}
            if found >= libraries or time.monotonic() > deadline:
                assert found >= libraries
                return spans
            time.sleep(0.1)


@contextmanager
def collecting(project: Project, log: Path) -> Iterator[tuple[str, Collector]]:
    """Run the collector that the project's own tests have; give its address and what it gets."""
    port = str(free_port())
    with log.open("wb") as out:
        command = [project.path / ".venv/bin/python", "-m", "tests.support.otlp", port]
        process = subprocess.Popen(command, cwd=project.path, stdout=out)
        try:
            yield f"http://127.0.0.1:{port}", Collector(log)
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def settings(project: Project, postgres: Postgres, redis_server: RedisServer) -> dict[str, str]:
    """Where the servers of the application are."""
    if not shutil.which("nginx"):
        missing("Nginx")
    url = postgres.create_database("traced")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    broker = redis_server.url.removesuffix("/0") + "/1"
    return {"DATABASE_URL": url, "REDIS_URL": redis_server.url, "BROKER_URL": broker, "PROXY_HOPS": "1"}


@pytest.fixture
def served(project: Project, settings: dict[str, str], tmp_path: Path) -> Iterator[tuple[Server, Collector]]:
    """A server with two workers that knows a collector."""
    with collecting(project, tmp_path / "collected") as (endpoint, collector):
        settings |= {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with in_production(project, tmp_path / "log", **settings) as server:
            yield server, collector


def lines(server: Server, path: str) -> list[dict[str, Any]]:
    """Give the lines of requests for a path."""
    return [line for line in server.lines() if line["event"] == "request" and line["path"] == path]


@contextmanager
def behind_nginx(project: Project, server: Server, folder: Path, **changes: str) -> Iterator[NginxServer]:
    """Put Nginx in front."""
    folder.mkdir()
    with NginxServer(project, folder, server.port, changes) as nginx:
        yield nginx


@pytest.mark.linux
@traced
def test_one_trace_from_the_log_of_nginx_to_the_statement(
    project: Project, served: tuple[Server, Collector], tmp_path: Path
):
    server, collector = served
    path = "/api/v1/notes/"
    # An unknown token has to be looked up.
    sent = {"traceparent": TRACEPARENT, "tracestate": "a=b", "Authorization": "Bearer nobody-knows-it"}
    with behind_nginx(project, server, tmp_path / "edge") as nginx:
        for _ in range(5):
            nginx.get(path, **sent)
        edge = nginx.lines(5)
        assert len({line["trace_id"] for line in edge}) == 5
        for line in edge:
            trace = line["trace_id"]
            spans = collector.wait(trace, LIBRARIES)
            [request] = [span for span in spans if span["scope"].endswith(".flask")]
            assert request["parent_id"] == line["request_id"][:16]
            own = {span["span_id"] for span in spans}
            assert all(span["parent_id"] in own for span in spans if span is not request)
            [logged] = [each for each in lines(server, path) if each["trace_id"] == trace]
            # The id of the request is that of the trace, so that one search finds all of it.
            assert logged["request_id"] == line["request_id"] == trace
            assert logged["span_id"] == request["span_id"]
    assert not collector.spans(SENT)


@pytest.mark.linux
@traced
def test_trace_goes_on_in_the_job_that_a_request_wants(
    project: Project, settings: dict[str, str], served: tuple[Server, Collector], tmp_path: Path
):
    server, collector = served
    (tmp_path / "jobs").mkdir()
    # Nothing is sent before the process ends: then it must be.
    late = settings | {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
    jobs = Jobs(project, tmp_path / "jobs", **late)
    token = jobs.run("python", "-c", TOKEN).splitlines()[-1]
    path = "/api/v2/exports/"
    with jobs.running(*WORKER), behind_nginx(project, server, tmp_path / "edge") as nginx:
        address = f"http://127.0.0.1:{nginx.port}{path}"
        wanted = urllib.request.Request(address, b"", {"Authorization": f"Bearer {token}"}, method="POST")
        with urllib.request.urlopen(wanted, timeout=30) as answer:
            assert answer.status == 202
        [edge] = nginx.lines(1)
        wait_until(lambda: jobs.count("export written") == 1)
    trace = edge["trace_id"]
    wait_until(lambda: any(span["name"].startswith("run/") for span in collector.spans(trace)))
    spans = collector.wait(trace, {*LIBRARIES, "celery"})
    [request] = [span for span in spans if span["scope"].endswith(".flask")]
    celery = {span["name"].partition("/")[0]: span for span in spans if span["scope"].endswith(".celery")}
    sent, task = celery["apply_async"], celery["run"]
    assert (sent["parent_id"], task["parent_id"]) == (request["span_id"], sent["span_id"])
    assert task["resource"]["process.pid"] != request["resource"]["process.pid"]
    # Statements on both sides, those of the job below its span.
    parents = {span["parent_id"] for span in spans if span["scope"].endswith(".sqlalchemy")}
    assert parents == {request["span_id"], task["span_id"]}
    logged = {line["event"]: line for line in jobs.lines() if "task_id" in line}
    assert {line["request_id"] for line in logged.values()} == {trace}
    assert logged["export written"]["trace_id"] == trace
    assert logged["export written"]["span_id"] == task["span_id"]


@pytest.mark.linux
@traced
def test_trace_of_a_proxy_that_is_believed_goes_on(
    project: Project, served: tuple[Server, Collector], tmp_path: Path
):
    server, collector = served
    believed = {"_traced {\n    default 0;": "_traced {\n    default 0;\n    127.0.0.1 1;"}
    with behind_nginx(project, server, tmp_path / "edge", **believed) as nginx:
        for wrong in (
            "00-" + "0" * 32 + TRACEPARENT[35:],
            TRACEPARENT + "-x",
            'x"; $host',
            "ff" + TRACEPARENT[2:],
        ):
            nginx.get("/healthz/none", traceparent=wrong)
        nginx.get("/api/v1/notes/", traceparent=TRACEPARENT)
        *others, last = (line["trace_id"] for line in nginx.lines(5))
        assert last == SENT
        assert SENT not in others
        assert len(set(others)) == len(others) == 4
    assert collector.wait(SENT, {"flask"})
