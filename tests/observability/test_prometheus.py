"""Metrics as Prometheus gets them: whole with several processes, and what the dashboards and alerts ask for."""

import os
import re
import shutil
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from contexts import CONTEXTS
from job_processes import SCHEDULER, WORKER, Jobs, wait_until
from project import Project, free_port, get
from prometheus_server import PrometheusServer
from redis_server import RedisServer
from workspace import missing

# Gunicorn, with a cache and jobs, and without accounts.
watched = pytest.mark.parametrize("project", ["open"], indirect=True)
# A context of each other server that has metrics, with SQLite where there is one.
SERVERS = {
    answers["wsgi_server"]: name
    for name, answers in sorted(CONTEXTS.items(), key=lambda item: item[1]["database"])
    if answers["observability"] == "prometheus" and answers["wsgi_server"] != "gunicorn"
}


@dataclass
class Watched:
    """A server with its metrics.

    Parameters:
        url: where it serves.
        metrics: the port of its metrics.
    """

    url: str
    metrics: int

    def visit(self, path: str, times: int) -> None:
        """Ask for a page again and again, several times at once."""
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: get(self.url + path, timeout=30), range(times)))
        assert len({answer.status for answer in answers}) == 1

    def export(self) -> None:
        """Want a job."""
        wanted = urllib.request.Request(f"{self.url}/api/v2/exports/", b"", method="POST")
        with urllib.request.urlopen(wanted, timeout=30) as answer:
            assert answer.status == 202

    @property
    def text(self) -> str:
        """What a scrape gets."""
        return get(f"http://127.0.0.1:{self.metrics}/metrics").text

    def value(self, name: str, /, **labels: str) -> float:
        """Give the sum of the series that have a name and these labels."""
        found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", self.text, re.MULTILINE)
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        return sum(float(value) for own, value in found if wanted <= set(own.split(",")))


@contextmanager
def served(project: Project, **variables: str) -> Iterator[Watched]:
    """Serve a project as `make serve` does, with four workers."""
    metrics = free_port()
    settings = {"WEB_CONCURRENCY": "4", "RATELIMIT_DEFAULT": "1000000 per minute"}
    with project.serving("serve", METRICS_PORT=str(metrics), **settings, **variables) as url:
        yield Watched(url, metrics)


def workers(project: Project) -> list[int]:
    """Give the processes of a project that Gunicorn has forked."""
    found: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            # The exporter beside them still has the words with which it was started.
            own = b"gunicorn" in command and b"serve_metrics" not in command
            if own and (process / "cwd").resolve() == project.path:
                found[int(process.name)] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return [number for number, parent in found.items() if parent in found]


@pytest.mark.linux
@watched
def test_counts_of_four_workers_add_up_and_survive_one_of_them(project: Project):
    with served(project) as server:
        server.visit("/notes/?before=1", 300)
        server.visit("/nobody-knows", 100)
        route = {"method": "GET", "route": "/notes/"}
        assert server.value("http_request_duration_seconds_count", **route, status="2xx") == 300
        assert server.value("http_request_duration_seconds_count", route="none", status="4xx") == 100
        limit = server.value("database_connections_limit")
        before = workers(project)
        assert len(before) == 4
        one = limit / 4 if limit % 4 == 0 and limit else 0
        os.kill(before[0], signal.SIGKILL)
        deadline = time.monotonic() + 30
        while len(set(workers(project)) - {before[0]}) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        # The limit of a process that is gone is no limit any more; the new one has not used the database yet.
        assert server.value("database_connections_limit") <= limit - one
        server.visit("/notes/?before=1", 100)
        assert server.value("http_request_duration_seconds_count", **route, status="2xx") == 400
        assert server.value("http_request_duration_seconds_count") == 500
        assert server.value("database_connections_in_use") == 0


@pytest.mark.linux
@pytest.mark.parametrize("project", SERVERS.values(), ids=SERVERS, indirect=True)
def test_counts_of_the_workers_of_each_other_server_add_up(project: Project):
    with served(project, GRANIAN_WORKERS="4") as server:
        server.visit("/?before=1", 60)
        server.visit("/nobody-knows", 20)
        name = "http_request_duration_seconds_count"
        assert server.value(name, method="GET", route="/", status="2xx") == 60
        assert server.value(name, route="none", status="4xx") == 20
        assert server.value(name) == 80


@pytest.mark.linux
@watched
def test_every_query_of_the_dashboards_and_alerts_finds_something(
    project: Project, redis_server: RedisServer, tmp_path: Path
):
    if not shutil.which("prometheus"):
        missing("Prometheus")
    folder = project.path / "deploy" / "prometheus"
    dashboards, rules = sorted(folder.glob("dashboards/*.json")), sorted(folder.glob("rules/*.yaml"))
    assert {path.stem for path in dashboards} == {path.stem for path in rules} == {"cache", "jobs", "web"}
    slug = project.answers["project_slug"]
    broker = redis_server.url.removesuffix("/0") + "/1"
    jobs, (worker, scheduler) = Jobs(project, tmp_path, BROKER_URL=broker), (free_port(), free_port())
    others = {f"{slug}-jobs": [worker, scheduler]}
    with (
        served(project, REDIS_URL=redis_server.url, BROKER_URL=broker) as server,
        jobs.running(*WORKER, before=("serve_metrics.py",), METRICS_PORT=str(worker)) as process,
        jobs.running(*SCHEDULER, METRICS_PORT=str(scheduler)),
        PrometheusServer(tmp_path / "prometheus", slug, server.metrics, rules, others) as prometheus,
    ):
        deadline = time.monotonic() + 120
        gaps = [""]
        while gaps and time.monotonic() < deadline:
            server.visit("/notes/", 20)
            server.visit("/nobody-knows", 2)
            server.export()
            time.sleep(0.5)
            gaps = [title for path in dashboards for title in prometheus.without_data(path)]
        assert not gaps
        # A scrape of another server would answer too; these numbers are this one's.
        [series] = prometheus.query(
            f'sum(http_request_duration_seconds_count{{job="{slug}", route="/notes/"}})'
        )
        assert (
            0
            < float(series["value"][1])
            <= server.value("http_request_duration_seconds_count", route="/notes/")
        )
        # The worker's processes together, as Celery's main process is not one of those that do jobs.
        told = Watched("", worker).value(
            "jobs_total", name="app.blueprints.exports.tasks.write_export", outcome="done"
        )
        assert 0 < told <= jobs.count("export written")
        alerts = prometheus.alerts()
        while any(alert["health"] == "unknown" for alert in alerts) and time.monotonic() < deadline:
            time.sleep(0.5)
            alerts = prometheus.alerts()
        # What one slow moment of the machine has set going comes to rest when five minutes have passed.
        while any(alert["state"] != "inactive" for alert in alerts) and time.monotonic() < deadline + 400:
            assert "firing" not in {alert["state"] for alert in alerts}, alerts
            time.sleep(0.5)
            alerts = prometheus.alerts()
        assert len(alerts) == 9
        assert {alert["health"] for alert in alerts} == {"ok"}, alerts
        assert {alert["state"] for alert in alerts} == {"inactive"}, alerts
        # What alerts compare is told.
        names = {name for alert in alerts for name in re.findall(r"[a-z_]+(?={)", alert["query"])}
        assert len(names) == 10
        assert all(prometheus.query(name) for name in names)
        # A planted defect: a metric that nobody tells.
        wrong = tmp_path / "wrong.json"
        web = (folder / "dashboards" / "web.json").read_text()
        wrong.write_text(web.replace("_duration_seconds_count", "_duration_count"))
        deadline = time.monotonic() + 120
        titles = set(prometheus.without_data(wrong))
        while len(titles) > 4 and time.monotonic() < deadline:
            server.visit("/notes/", 20)  # rates and quantiles are those of the last seconds
            titles = set(prometheus.without_data(wrong))
        assert len(titles) == 4
        process.terminate()
        assert process.wait(60) == 0
        # Nobody waits for a broker that is away: what it would tell is missing, and the rest is there.
        scrape = Watched("", scheduler)
        assert "jobs_messages" in scrape.text
        redis_server.kill()
        while "jobs_messages" in scrape.text and time.monotonic() < deadline + 60:
            time.sleep(0.5)
        assert "jobs_messages" not in scrape.text
        assert "jobs_in_state" in scrape.text
    # The exporter leaves with its worker.
    wait_until(lambda: is_refused(worker))


def is_refused(port: int) -> bool:
    """Say whether nobody listens any more."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    except ConnectionRefusedError:
        return True
    return False
