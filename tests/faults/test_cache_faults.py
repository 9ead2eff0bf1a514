"""A cache that is killed, frozen and restarted under load: pages become slower, and a result is old for a minute at most.

`pytest -s` prints what was measured.
"""

import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from load import Load, under_load
from machine_pauses import PauseWatch
from postgres import Postgres
from production import Server, in_production
from project import Project, get
from redis_server import RedisServer

with_cache = pytest.mark.parametrize("project", ["open"], indirect=True)
PATIENCE = 2.0  # seconds, which no page may take
PAUSE = 0.1  # seconds between two requests of a client
CACHE_SECONDS = 60  # for which a result may be old, as the project's README says
PATHS = ("/notes/", "/api/v1/notes/", "/api/v2/notes/")
UNLIMITED = {"RATELIMIT_DEFAULT": "1000000 per minute", "WEB_CONCURRENCY": "2"}


@pytest.fixture
def database(project: Project, postgres: Postgres) -> str:
    """A database with three notes."""
    url = postgres.create_database("cached")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    project.run(".venv/bin/flask", "seed", DATABASE_URL=url)
    return url


@pytest.fixture
def served(project: Project, database: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Server]:
    """A server with two workers and a Redis."""
    settings = UNLIMITED | {"DATABASE_URL": database, "REDIS_URL": redis_server.url}
    with in_production(project, tmp_path / "log", **settings) as server:
        yield server


@contextmanager
def visited(server: Server, pauses: PauseWatch, fault: str, seconds: float) -> Iterator[list[Load]]:
    """Let clients ask for every page while the block runs; then hold what they saw against what is promised."""
    loads: list[Load] = []

    def connect() -> HTTPConnection:
        return HTTPConnection("127.0.0.1", server.port, timeout=60)

    with (
        under_load(connect, path=PATHS[0], clients=4, seconds=seconds, pause=PAUSE) as pages,
        under_load(connect, path=PATHS[1], clients=4, seconds=seconds, pause=PAUSE) as first,
        under_load(connect, path=PATHS[2], clients=2, seconds=seconds, pause=PAUSE) as second,
    ):
        loads += [pages, first, second]
        yield loads
    for path, load in zip(PATHS, loads, strict=True):
        print(f"| {fault} | {path} | {sum(load.answers.values())} | {load.failed} | {load.slowest:.2f} |")
        assert load.answers["200"] > 0
        assert not load.failed, (fault, path)
        slow = [ended - begun - pauses.lost(begun, ended) for begun, ended in load.long]
        assert max(slow, default=0) < PATIENCE, (fault, path, load.long)


def add(server: Server, title: str) -> None:
    """Store a note."""
    request = urllib.request.Request(
        f"{server.url}/api/v1/notes/",
        data=f'{{"title": "{title}"}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 201


def count(server: Server) -> int:
    """Return the number of notes on their page, which is cached; the connection may lead to any worker."""
    found = re.search(r"<h1>Notes \((\d+)\)</h1>", get(f"{server.url}/notes/").text)
    assert found
    return int(found[1])


def wait_for_count(server: Server, number: int, pauses: PauseWatch) -> None:
    """Wait until both workers show a number, for no longer than a result may be old."""
    begun = time.monotonic()
    while any(count(server) != number for _ in range(6)):
        assert pauses.since(begun) < CACHE_SECONDS + 2
        time.sleep(0.2)


def lines(server: Server, event: str) -> list[dict[str, Any]]:
    """Give the log lines of an event."""
    return [line for line in server.lines() if line["event"] == event]


@with_cache
def test_pages_stay_while_redis_is_killed_frozen_and_restarted(
    served: Server, redis_server: RedisServer, pauses: PauseWatch
):
    with visited(served, pauses, "healthy", 3):
        pass
    assert int(redis_server.ask("dbsize")) > 0
    with visited(served, pauses, "killed for 8 seconds", 12):
        time.sleep(1)
        redis_server.kill()
        time.sleep(8)
        redis_server.start()
    with visited(served, pauses, "frozen for 12 seconds", 16), redis_server.frozen():
        time.sleep(12)
    with visited(served, pauses, "restarted three times", 6):
        for _ in range(3):
            redis_server.kill()
            redis_server.start()
            time.sleep(1)
    # Every five seconds one for each worker and request that was waiting, not one for each request.
    assert 2 <= len(lines(served, "redis unavailable")) <= 80
    # Where several threads meet the failure at once, Flask-Limiter lets a request pass, and says so as an error.
    errors = [line for line in served.lines() if line["level"] in ("error", "critical")]
    assert not [line for line in errors if line["event"] != "Failed to rate limit. Swallowing error"]
    add(served, "Afterwards")
    wait_for_count(served, 4, pauses)


@with_cache
def test_change_is_seen_at_once_in_both_workers(
    served: Server, redis_server: RedisServer, pauses: PauseWatch
):
    at_once = 0
    with visited(served, pauses, "while notes are written", 3):
        for number in range(20):
            add(served, f"Number {number}")
            at_once += all(count(served) == 4 + number for _ in range(6))
    print(f"| seen at once | {at_once} of 20 |")
    # A reader that was computing meanwhile may have stored the old result.
    assert at_once >= 10 or lines(served, "redis unavailable")
    wait_for_count(served, 23, pauses)
    assert int(redis_server.ask("dbsize")) > 0


@with_cache
def test_result_is_old_for_a_minute_at_most_after_redis_was_frozen(
    served: Server, redis_server: RedisServer, pauses: PauseWatch
):
    assert count(served) == 3
    with redis_server.frozen():
        add(served, "While frozen")
        assert count(served) == 4
    wait_for_count(served, 4, pauses)


@with_cache
def test_workers_share_the_rate_limit(
    project: Project, database: str, redis_server: RedisServer, tmp_path: Path
):
    settings = {"DATABASE_URL": database, "REDIS_URL": redis_server.url, "RATELIMIT_DEFAULT": "20 per minute"}
    for number in range(3):
        redis_server.ask("flushall")
        with in_production(project, tmp_path / f"log-{number}", **settings) as server:
            statuses = [get(server.url).status for _ in range(40)]
            # A worker for which Redis was too slow counts for itself for a while.
            if statuses.count(200) == 20:
                break
    # The window may turn once in between.
    assert statuses.count(200) in (20, 40)
    assert statuses.count(429) in (20, 0)


@with_cache
def test_url_with_tls_and_a_password_in_a_file(
    project: Project, database: str, redis_server: RedisServer, tmp_path: Path
):
    (tmp_path / "redis_url").write_text(f"{redis_server.tls_url}\n")
    settings = {"DATABASE_URL": database, "REDIS_URL": "", "REDIS_URL_FILE": str(tmp_path / "redis_url")}
    with in_production(project, tmp_path / "log", **settings) as server:
        assert [get(f"{server.url}/notes/").status for _ in range(3)] == [200] * 3
        assert not lines(server, "redis unavailable")
    assert int(redis_server.ask("dbsize")) > 0
