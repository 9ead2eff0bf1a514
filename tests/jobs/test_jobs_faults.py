"""Workers and brokers that die in the middle of jobs, and what becomes of the jobs: each is done once.

`pytest -s` prints what was measured.
"""

import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from job_processes import SCHEDULER, WORKER, Jobs, kill, wait_until
from machine_pauses import PauseWatch
from postgres import Postgres
from production import in_production
from project import Project, get
from rabbitmq_server import PROGRAM, RabbitServer
from redis_server import RedisServer
from workspace import missing

with_jobs = pytest.mark.parametrize("project", ["open"], indirect=True)
COUNT = 100
RETRIED = 10
KILLS = 2  # of a worker and of its broker
PATIENCE = 2.0  # seconds, which no page may take
# What a worker that was killed had in its hands is delivered again by Redis after five times this.
SHORT = {"JOB_SECONDS": "2"}
# Messages that no worker can run, or even read.
SENSELESS = """
from probe import celery

celery.send_task("unheard_of", (1, 2))
celery.send_task("probe.leave_mark", ("x", "y"))
json = {"content_type": "application/json", "content_encoding": "utf-8"}
pickle = {"content_type": "application/x-python-serialize", "content_encoding": "binary"}
with celery.connection_for_write() as connection:
    send = connection.Producer(routing_key="celery").publish
    send("[1]", **json)
    send("{", headers={"task": "probe.leave_mark", "id": "1"}, **json)
    send(b"N.", headers={"task": "probe.leave_mark", "id": "1"}, **pickle)
"""

Broker = RedisServer | RabbitServer


@pytest.fixture
def database(project: Project, postgres: Postgres) -> str:
    """A database with a table for the effects of tasks."""
    url = postgres.create_database("jobs")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    ask(url, "CREATE TABLE marks (number integer PRIMARY KEY, made timestamptz DEFAULT clock_timestamp())")
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


def marks(url: str) -> int:
    """Return how many tasks have taken effect."""
    ((number,),) = ask(url, "SELECT count(*) FROM marks")
    return int(number)


def all_settled(broker: Broker, database: str) -> bool:
    """Return whether all tasks have taken effect; with Redis two may be lost, once no message is left.

    Redis removes a message when it gives it to a worker, which notes that it has it by another command
    (`Channel._brpop_read` and `QoS.append` in kombu/transport/redis.py): who is killed in between takes it along.
    """
    missing = COUNT + RETRIED - marks(database)
    if not missing or isinstance(broker, RabbitServer):
        return not missing
    for _ in range(2):
        if broker.ask("llen", "celery") != "0" or broker.ask("hlen", "unacked") != "0":
            return False
        time.sleep(1)
    return COUNT + RETRIED - marks(database) <= KILLS


@with_jobs
def test_tasks_take_effect_whatever_dies_but_what_redis_was_giving_away(
    project: Project, database: str, broker: Broker, tmp_path: Path
):
    jobs = Jobs(project, tmp_path, DATABASE_URL=database, BROKER_URL=broker.url, **SHORT)
    # Before there is a worker, which would be done with each before the next is sent.
    jobs.send("leave_mark", COUNT)
    jobs.send("leave_mark_at_second_try", RETRIED)
    sent = datetime.now(UTC)
    with jobs.running(*WORKER) as worker:
        wait_until(lambda: marks(database) >= COUNT // 4)
        kill(worker)
    with jobs.running(*WORKER):
        wait_until(lambda: marks(database) >= COUNT // 2)
        broker.kill()
        broker.start()
        started = datetime.now(UTC)
        wait_until(lambda: all_settled(broker, database))
        ((last,),) = ask(database, "SELECT max(made) FROM marks")
        print(f"{type(broker).__name__}: the longest waited {(last - sent).total_seconds():.1f} s,", end=" ")
        print(f"until {(last - started).total_seconds():.1f} s after the broker was back")
        jobs.send("fail_for_good")
        wait_until(lambda: jobs.count("raised unexpected: LookupError") == 1)
        assert jobs.count("probe.fail_for_good") >= 3


@with_jobs
@pytest.mark.parametrize("broker", ["redis"], indirect=True)
def test_messages_that_cannot_be_processed_do_not_loop(
    project: Project, database: str, broker: Broker, tmp_path: Path
):
    jobs = Jobs(project, tmp_path, DATABASE_URL=database, BROKER_URL=broker.url)
    with jobs.running(*WORKER) as worker:
        jobs.send("end_worker")
        jobs.run("python", "-c", SENSELESS)
        jobs.send("leave_mark", 3)
        wait_until(lambda: marks(database) == 3)
        wait_until(lambda: jobs.count("WorkerLostError") == 1 and jobs.count("takes 1 positional") > 0)
        for reason in ("unregistered task", "unknown message", "decode", "takes 1 positional"):
            assert jobs.count(reason) >= 1, (reason, [line["event"] for line in jobs.lines()])
        assert worker.poll() is None
    with jobs.running(*WORKER):
        jobs.send("leave_mark", 4)
        wait_until(lambda: marks(database) == 4)
        assert jobs.count("WorkerLostError") == 1


@with_jobs
def test_export_that_ends_its_workers_is_given_up(project: Project, database: str, tmp_path: Path):
    lethal = (
        "import os, signal, sys; from app.blueprints.exports import tasks; from celery.__main__ import main;"
        "tasks.write_rows = lambda export: os.kill(os.getpid(), signal.SIGKILL); del sys.argv[0]; main()"
    )
    with redis(tmp_path) as broker:
        settings = {"DATABASE_URL": database, "BROKER_URL": broker.url, **SHORT}
        jobs = Jobs(project, tmp_path, **settings)
        with (
            in_production(project, tmp_path / "web.log", **settings) as server,
            jobs.running(*WORKER, before=("-c", lethal)),
        ):
            address = f"{server.url}/api/v2/exports/{start(server.url)['id']}"

            def state() -> str:
                jobs.run("celery", "-A", "worker", "call", "app.blueprints.exports.tasks.resend_exports")
                return str(json.loads(get(address).text)["state"])

            wait_until(lambda: state() == "failed")
        assert ask(database, "SELECT attempts FROM note_exports") == [(6,)]


@with_jobs
def test_page_waits_for_no_broker_and_no_export_is_lost_by_broker_or_scheduler(
    project: Project, database: str, broker: Broker, pauses: PauseWatch, tmp_path: Path
):
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
                answer = start(server.url)
                taken = pauses.since(begun)
                print(f"broker {fault}: accepted in {taken:.2f} s")
                assert taken < PATIENCE
                assert answer["state"] == "queued"
                assert get(f"{server.url}/exports/{answer['id']}").status == 200
                assert get(f"{server.url}/readyz").status == 200
            if fault == "killed":
                broker.start()
                # The scheduler dies too, and goes on where it is started again.
                with jobs.running(*SCHEDULER) as scheduler:
                    wait_until(lambda: "beat: Starting" in (tmp_path / "beat.log").read_text())
                    kill(scheduler)
            begun = time.monotonic()
            with jobs.running(*SCHEDULER), jobs.running(*WORKER):
                address = f"{server.url}/api/v2/exports/{answer['id']}"
                wait_until(lambda address=address: json.loads(get(address).text)["state"] == "done")
                print(f"done {time.monotonic() - begun:.1f} s after worker and scheduler were started")
    assert jobs.count("export written") == 2, "each once"


def start(url: str) -> dict[str, Any]:
    """Start an export by the API."""
    request = urllib.request.Request(
        f"{url}/api/v2/exports/", method="POST", headers={"X-Request-ID": "from-the-page"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 202
        answer: dict[str, Any] = json.load(response)
        return answer


@with_jobs
def test_worker_that_is_told_to_stop_finishes_its_tasks(project: Project, database: str, tmp_path: Path):
    with redis(tmp_path) as broker:
        jobs = Jobs(project, tmp_path, DATABASE_URL=database, BROKER_URL=broker.tls_url)
        with jobs.running(*WORKER) as worker:
            jobs.send("leave_mark", COUNT)
            wait_until(lambda: marks(database) >= 2)
            worker.terminate()
            assert worker.wait(60) == 0
        done = marks(database)
        assert 2 <= done < COUNT
        with jobs.running(*WORKER):
            wait_until(lambda: marks(database) == COUNT)
