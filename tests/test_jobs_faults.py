"""Workers and brokers that die in the middle of jobs, and what becomes of the jobs: each is done once.

`pytest -s` prints what was measured.
"""

import json
import shutil
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from conftest import missing
from jobs import SCHEDULER, WORKER, Jobs, kill, wait_until
from postgres import Postgres
from production import in_production
from project import Project, get
from pulse import Pulse
from rabbitmq_server import PROGRAM, RabbitServer
from redis_server import RedisServer

with_jobs = pytest.mark.parametrize("project", ["open"], indirect=True)
COUNT = 100
PATIENCE = 2.0  # seconds, which no page may take
# A worker that was lost is given up after 17 seconds, and Redis gives its message to another one after 32.
SHORT = {"JOB_SECONDS": "2"}
# Messages that no worker can do, or even read.
SENSELESS = """
from probe import celery

celery.send_task("unheard_of", (1, 2))
celery.send_task("leave_mark", ("x",))
json = {"content_type": "application/json", "content_encoding": "utf-8"}
pickle = {"content_type": "application/x-python-serialize", "content_encoding": "binary"}
with celery.connection_for_write() as connection:
    send = connection.Producer(routing_key="jobs").publish
    send("[1]", **json)
    send("{", headers={"task": "leave_mark", "id": "1"}, **json)
    send("[]", headers={"task": "leave_mark"}, **json)
    send(b"N.", headers={"task": "leave_mark", "id": "1"}, **pickle)
"""

Broker = RedisServer | RabbitServer


@pytest.fixture
def database(project: Project, postgres: Postgres) -> str:
    """A database with a table that would take the same mark twice."""
    url = postgres.create_database("jobs")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    ask(url, "CREATE TABLE marks (number integer)")
    return url


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker that keeps its messages over a crash."""
    with ExitStack() as stack:
        if request.param == "rabbitmq":
            if not PROGRAM.exists():
                missing("RabbitMQ")
            yield stack.enter_context(RabbitServer())
        else:
            yield stack.enter_context(redis(tmp_path))


def redis(folder: Path) -> RedisServer:
    """Give a Redis as a broker needs it."""
    if not shutil.which("redis-server"):
        missing("Redis")
    return RedisServer(
        folder / "redis", appendonly="yes", appendfsync="always", maxmemory_policy="noeviction"
    )


def ask(url: str, question: str) -> list[tuple[Any, ...]]:
    """Ask the database."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchall() if cursor.description else []


@with_jobs
def test_each_job_is_done_once_whatever_dies(project: Project, database: str, broker: Broker, tmp_path: Path):
    jobs = Jobs(project, tmp_path, DATABASE_URL=database, BROKER_URL=broker.url, **SHORT)
    with jobs.running(*SCHEDULER):
        # Before there is a worker, which would else be done with each before the next is wanted.
        jobs.want("leave_mark", COUNT)
        at_work = "SELECT count(*) > 0 FROM jobs WHERE state = 'running'"
        with jobs.running(*WORKER) as worker:
            wait_until(lambda: jobs.done() >= COUNT // 4 and ask(database, at_work) == [(True,)])
            kill(worker)
        with jobs.running(*WORKER):
            wait_until(lambda: jobs.done() >= COUNT // 2 and ask(database, at_work) == [(True,)])
            broker.kill()
            broker.start()
            started = time.monotonic()
            finished = "SELECT count(*) FROM jobs WHERE state = 'done'"
            wait_until(lambda: ask(database, finished) == [(COUNT,)])
            print(f"all done {time.monotonic() - started:.1f} s after the broker was back")
            wait_until(lambda: "workers  1" in jobs.run("flask", "jobs", "status", check=False))
    marks = Counter(number for (number,) in ask(database, "SELECT number FROM marks"))
    assert marks == Counter(range(COUNT))
    again = ask(database, "SELECT count(*), max(tries) FROM jobs WHERE tries > 1")
    print(f"begun more than once, and how often at the most: {again[0]}")
    assert again[0][0] >= 1, "nothing was in the worker's hands when it died"


@with_jobs
@pytest.mark.parametrize("broker", ["redis"], indirect=True)
def test_job_that_ends_its_workers_is_given_up_and_shown(
    project: Project, database: str, broker: Broker, tmp_path: Path
):
    jobs = Jobs(project, tmp_path, DATABASE_URL=database, BROKER_URL=broker.url)
    with jobs.running(*SCHEDULER), jobs.running(*WORKER):
        jobs.want("end_worker")
        jobs.run("python", "-c", SENSELESS)
        wait_until(lambda: "each worker that had it was lost" in jobs.run("flask", "jobs", "failed"))
        jobs.want("leave_mark")
        wait_until(lambda: ask(database, "SELECT count(*) FROM marks") == [(1,)])
        listed = jobs.run("flask", "jobs", "failed")
        assert "end_worker  after 6 tries" in listed
        assert "this release knows no job 'unheard_of'" in listed
        assert "a message with arguments that make no sense: ('x',)" in listed
        reasons = ("it names no job", "DecodeError", "KeyError: 'id'", "ContentDisallowed")
        assert all(f"cannot be read: {reason}" in listed for reason in reasons), listed
        wait_until(lambda: "messages 0" in jobs.run("flask", "jobs", "status", check=False))
    assert ask(database, "SELECT tries FROM jobs WHERE name = 'end_worker'") == [(6,)]


@with_jobs
def test_page_waits_for_no_broker_and_no_export_is_lost(
    project: Project, database: str, pulse: Pulse, tmp_path: Path
):
    with redis(tmp_path) as broker:
        settings = {"DATABASE_URL": database, "BROKER_URL": broker.url}
        jobs = Jobs(project, tmp_path, **settings)
        with in_production(project, tmp_path / "web.log", **settings) as server:
            for fault in ("killed", "frozen"):
                with ExitStack() as stack:
                    if fault == "killed":
                        broker.kill()
                    else:
                        stack.enter_context(broker.frozen())
                    begun = time.monotonic()
                    answer = order(server.url)
                    taken = pulse.since(begun)
                    print(f"broker {fault}: ordered in {taken:.2f} s")
                    assert taken < PATIENCE
                    assert answer["state"] == "queued"
                    assert get(f"{server.url}/exports/{answer['id']}").status == 200
                    assert get(f"{server.url}/readyz").status == 200
                if fault == "killed":
                    broker.start()
                with jobs.running(*SCHEDULER), jobs.running(*WORKER):
                    address = f"{server.url}/api/v1/exports/{answer['id']}"
                    wait_until(lambda address=address: json.loads(get(address).text)["state"] == "done")
        (line,) = [line for line in jobs.lines() if line["event"] == "job done"][:1]
        assert line["request_id"] == "from-the-page"


def order(url: str) -> dict[str, Any]:
    """Order an export by the API."""
    request = urllib.request.Request(
        f"{url}/api/v1/exports/", method="POST", headers={"X-Request-ID": "from-the-page"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 202
        answer: dict[str, Any] = json.load(response)
        return answer


@with_jobs
def test_worker_that_is_told_to_stop_finishes_its_job(project: Project, database: str, tmp_path: Path):
    with redis(tmp_path) as broker:
        jobs = Jobs(project, tmp_path, DATABASE_URL=database, BROKER_URL=broker.tls_url)
        with jobs.running(*WORKER) as worker:
            jobs.want("leave_mark", 20)
            wait_until(lambda: jobs.done() >= 2)
            worker.terminate()
            assert worker.wait(60) == 0
        events = Counter(line["event"] for line in jobs.lines())
        assert events["job started"] == events["job done"]
        assert ask(database, "SELECT count(*) FROM jobs WHERE state = 'running'") == [(0,)]
