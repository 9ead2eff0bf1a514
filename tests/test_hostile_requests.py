"""Gunicorn alone on the network, and requests that nobody sends by accident."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import hostile_values
import hostile_wire
import pytest
from hostile import POST, Hostile, get, send, statuses
from production import Server, in_production
from project import Project
from pulse import Pulse

on_gunicorn = pytest.mark.parametrize("project", ["open"], indirect=True)
TABLES = (hostile_wire, hostile_values)
TABLE = [row for table in TABLES for rows in vars(table).values() if isinstance(rows, tuple) for row in rows]


@pytest.fixture
def server(project: Project, tmp_path: Path) -> Iterator[Server]:
    """A server without a proxy in front, whose log holds JSON alone when it ends."""
    with in_production(project, tmp_path / "log") as server:
        yield server
    assert server.lines()


def allowed(row: Hostile) -> bool:
    """Tell whether a request is refused as it should be."""
    return all(400 <= status < 500 or status in (501, 505) for status in row.seen)


def test_table_is_long_and_lets_nothing_pass():
    assert len(TABLE) >= 60
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert [row.name for row in TABLE if not allowed(row)] == []


@on_gunicorn
def test_hostile_requests_are_refused_as_the_table_says(server: Server):
    seen = {row.name: statuses(send(server.port, row.raw)) for row in TABLE}
    assert seen == {row.name: row.seen for row in TABLE}
    lines = server.lines()
    assert not [line for line in lines if "smuggled" in line.get("path", "")]
    assert not [line for line in lines if "exception" in line]
    # Gunicorn refuses before there is an id, and must not name another request's.
    assert not [line for line in lines if line.get("logger") == "gunicorn.error" and "request_id" in line]
    assert all(line["request_id"] for line in lines if line["event"] == "request")


@on_gunicorn
@pytest.mark.parametrize("sent", ['"},{"event":"forged"', "a" * 65, "\x1b[31mred", "../../etc", "한"])
def test_request_id_reaches_the_log_only_when_it_is_harmless(server: Server, sent: str):
    raw = get("/nothing").replace(b"\r\n\r\n", b"\r\nX-Request-ID: " + sent.encode() + b"\r\n\r\n")
    answer = send(server.port, raw)
    assert sent.encode() not in answer
    assert sent not in json.dumps(server.lines(), ensure_ascii=False)


@on_gunicorn
@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nX", POST + b"Content-Length: 9\r\n\r\n{"])
def test_clients_that_fall_silent_do_not_hold_the_server(project: Project, tmp_path: Path, sent: bytes):
    small = {"CLIENT_TIMEOUT": "1", "WEB_CONCURRENCY": "1", "THREADS": "1"}
    with in_production(project, tmp_path / "log", **small) as server, ExitStack() as open_sockets:
        for _ in range(2):  # two for the only thread
            client = open_sockets.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall(sent)
        time.sleep(0.2)
        # The silence, and at most five seconds more in which Gunicorn waits for the rest of a body.
        assert statuses(send(server.port, get("/healthz"))) == (200,)
        assert server.lines()


@on_gunicorn
@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"GET / HTTP/1.1\r\nX", id="send a byte now and then"),
        pytest.param(b"", id="send nothing"),
        pytest.param(get("/healthz"), id="do not close"),
    ],
)
def test_clients_that_are_slow_hold_up_nobody(project: Project, tmp_path: Path, pulse: Pulse, sent: bytes):
    with (
        in_production(project, tmp_path / "log", CLIENT_TIMEOUT="2") as server,
        ExitStack() as open_sockets,
    ):
        address = ("127.0.0.1", server.port)
        clients = [open_sockets.enter_context(socket.create_connection(address)) for _ in range(48)]
        for client in clients:
            client.sendall(sent)
        begun = time.monotonic()
        while clients and pulse.since(begun) < 6:
            asked = time.monotonic()
            assert statuses(send(server.port, get("/healthz"))) == (200,)
            assert pulse.since(asked) < 1
            clients = [client for client in clients if not gone(client, more=b"-" if sent else b"")]
            time.sleep(0.2)
        assert not clients


def gone(client: socket.socket, more: bytes) -> bool:
    """Send a little more, and tell whether the server has closed the connection."""
    try:
        client.sendall(more)
        while client.recv(65_536, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return not more  # an answer's end is not the connection's
