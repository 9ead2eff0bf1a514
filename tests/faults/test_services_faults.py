"""A database that fails in every way it can, and what the application answers meanwhile.

`pytest -s` prints the table; docs/production.md keeps one run of it.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from machine_pauses import PauseWatch
from postgres import Postgres
from production import Server, in_production
from project import Answer, Project, get
from tcp_proxy import TcpProxy
from workspace import missing

on_postgresql = pytest.mark.parametrize("project", ["open"], indirect=True)
PAGES = {"page": "/notes/", "list": "/api/v1/notes/"}
# What is asked for meanwhile: the home page reads no rows.
PROBES = {"healthz": "/healthz", "readyz": "/readyz", "home": "/"}
# The longest wait of a request: ten seconds until TCP gives the old connection up, three for a new one, three for the pool.
PATIENCE = 20
# The connections of the server: two workers with six each.
CONNECTIONS = 12


@dataclass
class Row:
    """What was seen: an address, the status of its answer, the seconds it took and when it had been asked."""

    name: str
    status: int
    seconds: float
    begun: float
    answer: Answer


def ask(server: Server, name: str, path: str) -> Row:
    """Ask once, with the patience of a client that waits for everything."""
    started = time.monotonic()
    answer = get(server.url + path, timeout=60)
    return Row(name, answer.status, time.monotonic() - started, started, answer)


def look(server: Server, fault: str) -> list[Row]:
    """Ask for every page at once, six times, and for what needs no rows meanwhile, as a prober does: one question at a time."""
    with ThreadPoolExecutor(9) as pool:
        pages = [pool.submit(ask, server, name, path) for name, path in PAGES.items() for _ in range(3)]

        def probe(name: str) -> list[Row]:
            rows = [ask(server, name, PROBES[name])]
            while not all(page.done() for page in pages):
                time.sleep(0.25)
                rows.append(ask(server, name, PROBES[name]))
            return rows

        probes = [pool.submit(probe, name) for name in PROBES]
    rows = [page.result() for page in pages] + [row for each in probes for row in each.result()]
    report(fault, rows)
    return rows


def report(fault: str, rows: list[Row]) -> None:
    """Print the longest of each kind."""
    for name in dict.fromkeys(row.name for row in rows):
        same = [row for row in rows if row.name == name]
        statuses = ", ".join(str(status) for status in sorted({row.status for row in same}))
        print(f"| {fault} | {name} | {statuses} | {max(row.seconds for row in same):.2f} |")


def recover(server: Server, pauses: PauseWatch, fault: str) -> float:
    """Wait until the server is ready again; give the seconds that took."""
    started = time.monotonic()
    while (row := ask(server, "readyz", "/readyz")).status != 200:
        assert pauses.since(started) < 5, row
        time.sleep(0.05)
    took = time.monotonic() - started
    rows = [ask(server, name, path) for name, path in PAGES.items() for _ in range(20)]
    report(f"{fault}, after", rows)
    print(f"| {fault}, after | readyz | 200 | {took:.2f} |")
    assert {row.status for row in rows} == {200}
    return took


def judge(rows: list[Row], pauses: PauseWatch) -> None:
    """Hold what was seen against what is promised while the database does not answer."""
    for row in rows:
        seconds = row.seconds - pauses.lost(row.begun, row.begun + row.seconds)
        if row.name in ("healthz", "home"):  # the first home page reads and compiles its templates
            limit = 3 if row.name == "home" else 1
            assert (row.status, seconds < limit) == (200, True), (row, seconds)
        elif row.name == "readyz":
            assert (row.status, seconds < PATIENCE) == (503, True), (row, seconds)
            assert json.loads(row.answer.text)["database"] == "unavailable", row
        else:
            assert (row.status, seconds < PATIENCE) == (503, True), (row, seconds)
            assert row.answer.headers["Retry-After"] == "5"
            assert row.answer.headers["Content-Type"] == "application/problem+json"


@pytest.fixture
def served(project: Project, postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Server, TcpProxy]]:
    """A server whose way to the database leads through a proxy."""
    url = postgres.create_database("faults")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    with TcpProxy(postgres.port) as proxy:
        through = url.replace(f":{postgres.port}/", f":{proxy.port}/")
        with in_production(project, tmp_path / "log", DATABASE_URL=through) as server:
            for path in PAGES.values():
                assert get(server.url + path).status == 200
            yield server, proxy
            events = [line["event"] for line in server.lines()]
            assert not [event for event in events if "Exception" in event or "TIMEOUT" in event]


@contextmanager
def stopped(postgres: Postgres) -> Iterator[None]:
    """Have the server down for a while."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


@on_postgresql
def test_database_that_is_down_at_the_start_is_waited_for(
    project: Project, postgres: Postgres, pauses: PauseWatch, tmp_path: Path
):
    url = postgres.create_database("faults-start")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    with ExitStack() as stack:  # ends the server after PostgreSQL has come back
        with stopped(postgres):
            server = stack.enter_context(in_production(project, tmp_path / "log", DATABASE_URL=url))
            judge(look(server, "down at start"), pauses)
        recover(server, pauses, "down at start")


@on_postgresql
@pytest.mark.parametrize("fault", ["down", "vanished"])
def test_application_answers_while_the_database_does_not(
    served: tuple[Server, TcpProxy], postgres: Postgres, pauses: PauseWatch, fault: str
):
    server, proxy = served
    with FAULTS[fault](postgres, proxy):
        judge(look(server, fault), pauses)
    recover(server, pauses, fault)


@contextmanager
def vanished(port: int) -> Iterator[None]:
    """Drop all packets to and from a port, as when the machine has lost its power."""
    rules = [
        ("OUTPUT", "-o", "lo", "-p", "tcp", direction, str(port), "-j", "DROP")
        for direction in ("--dport", "--sport")
    ]
    for rule in rules:
        if not shutil.which("iptables") or subprocess.run(["iptables", "--insert", *rule]).returncode:
            missing("iptables")
    try:
        yield
    finally:
        for rule in rules:
            subprocess.run(["iptables", "--delete", *rule], check=True)


@contextmanager
def swallowing(proxy: TcpProxy) -> Iterator[None]:
    """Have a proxy accept everything and pass nothing on."""
    proxy.shut = True
    try:
        yield
    finally:
        proxy.shut = False


FAULTS: dict[str, Callable[[Postgres, TcpProxy], AbstractContextManager[None]]] = {
    "down": lambda postgres, proxy: stopped(postgres),
    "vanished": lambda postgres, proxy: vanished(proxy.port),
    "silent": lambda postgres, proxy: swallowing(proxy),
    "frozen": lambda postgres, proxy: postgres.frozen(),
}


@on_postgresql
@pytest.mark.parametrize("fault", ["silent", "frozen"])
def test_database_that_accepts_and_says_nothing_holds_its_connections_and_nobody_else(
    served: tuple[Server, TcpProxy], postgres: Postgres, pauses: PauseWatch, fault: str
):
    """No driver's timeout ends such a wait: the connections of the pool hang, and threads are left for the rest."""
    server, proxy = served
    with ThreadPoolExecutor(CONNECTIONS + 8) as pool, FAULTS[fault](postgres, proxy):
        pages = [pool.submit(ask, server, "page", PAGES["page"]) for _ in range(CONNECTIONS + 4)]
        time.sleep(10)
        rejected = [page.result() for page in pages if page.done()]
        assert len(rejected) >= 4
        judge(rejected, pauses)
        rows = [ask(server, name, PROBES[name]) for name in ("healthz", "readyz", "home", "healthz")]
        judge(rows, pauses)
        report(fault, [*rejected, *rows])
    rows = [page.result() for page in pages]
    report(f"{fault}, after", rows)
    assert {row.status for row in rows} <= {200, 503}
    recover(server, pauses, fault)


@on_postgresql
def test_database_that_restarts_while_nobody_asks_costs_no_request(
    served: tuple[Server, TcpProxy], postgres: Postgres
):
    server, _ = served
    with stopped(postgres):
        pass
    rows = [ask(server, name, path) for name, path in PAGES.items() for _ in range(20)]
    report("restarted while idle", rows)
    assert {row.status for row in rows} == {200}
