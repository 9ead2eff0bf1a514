"""Gunicorn, as gunicorn.conf.py starts it."""

import http.client
import json
import logging
import runpy
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from gunicorn.http.errors import InvalidHeader
from gunicorn.http.wsgi import Response

from app.core.security import HEADERS
from gunicorn_worker import PatientWorker, SteadyReader
from tests.support.serving import ROOT, Server, serving

COMMAND = ["-m", "gunicorn", "wsgi:app"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for clients who try what they should not."""
    with serving(COMMAND, tmp_path_factory.mktemp("server")) as server:
        server.wait_until_ready()
        yield server


def test_server_answers_and_leaves_cleanly_on_sigterm(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path) as server:
        server.wait_until_ready()
        assert server.get("/healthz") == 200
        assert server.stop() == 0
    assert not list(server.home.iterdir())
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert "gunicorn.error" in {line["logger"] for line in lines}


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("WEB_CONCURRENCY", "0")],
)
def test_server_names_a_setting_that_is_wrong(tmp_path: Path, name: str, value: str) -> None:
    with serving(COMMAND, tmp_path, **{name: value}) as server:
        assert server.process.wait(timeout=60) != 0
    assert f"{name} must be a whole number" in server.output


def test_server_refuses_to_start_when_the_app_does(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path, SECRET_KEY="") as server:
        assert server.process.wait(timeout=60) != 0
    assert "SECRET_KEY: " in server.output


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        pytest.param("max 100000", None, id="no quota"),
        pytest.param("50000 100000", 1, id="half a CPU"),
        pytest.param("100000 100000", 1, id="one CPU"),
    ],
)
def test_workers_follow_the_quota_of_the_container(tmp_path: Path, limit: str, expected: int | None) -> None:
    group = tmp_path / "sys/fs/cgroup/app"
    group.mkdir(parents=True)
    (group / "cpu.max").write_text(f"{limit}\n")
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/app\n")
    available_cpus = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["available_cpus"]
    assert available_cpus(tmp_path) == (expected or available_cpus(tmp_path / "nothing"))


def test_client_that_falls_silent_is_let_go(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path, CLIENT_TIMEOUT="1") as server:
        server.wait_until_ready()
        for sent, answer in (
            (b"GET / HTTP/1.1\r\nX", b""),
            (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"HTTP"),
        ):
            # Sooner than without the setting.
            with socket.create_connection(("127.0.0.1", server.port), timeout=9) as client:
                client.sendall(sent)
                assert client.recv(4) == answer


def test_clients_that_are_slow_hold_up_nobody(tmp_path: Path) -> None:
    slow = b"GET /healthz HTTP/1.1\r\nX"
    kept = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with serving(COMMAND, tmp_path, CLIENT_TIMEOUT="3", THREADS="1") as server, ExitStack() as opened:
        server.wait_until_ready()
        address = ("127.0.0.1", server.port)
        # Neither goes on nor closes: half a request, nothing at all, one whose answer has come.
        clients = [
            opened.enter_context(socket.create_connection(address, 30)) for _ in range(6) for _ in range(3)
        ]
        begun = time.monotonic()
        for client, sent in zip(clients, [slow, b"", kept] * 6, strict=True):
            client.sendall(sent)
        assert server.get("/healthz") == 200
        assert time.monotonic() - begun < 3  # a thread that waited for one of them would take longer
        clients[0].sendall(b": y\r\nHost: 127.0.0.1\r\n\r\n")
        assert clients[0].recv(12) == b"HTTP/1.1 200"
        for number in range(0, 18, 3):  # a byte now and then is not enough
            while number and not gone(clients[number]):
                assert time.monotonic() - begun < 30
        assert server.get("/healthz") == 200


def gone(client: socket.socket) -> bool:
    """Send a byte more, wait a little, and tell whether the server has closed the connection."""
    client.settimeout(0.2)
    try:
        client.sendall(b"x")
        return not client.recv(1)
    except TimeoutError:
        return False
    except OSError:
        return True


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nAuthorization Basic hunter2\r\n\r\n", 400),
        (b"GET /hunter2 HTTP/1.1\n\r\n", 400),
        (b"GET /" + b"hunter2" * 1000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"hunter2" * 10_000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"hunter2" * 10_000, 431),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: hunter2\r\n\r\n", 501),
    ],
)
def test_refusal_is_a_problem_document_without_what_was_sent(
    server: Server, sent: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(sent)
        response = http.client.HTTPResponse(client)
        response.begin()
        document = json.loads(response.read())
    assert (response.status, document["status"]) == (status, status)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert HEADERS.items() <= dict(response.headers).items()
    assert "Server" not in response.headers
    assert "hunter2" not in str(document) + server.output


def test_error_of_the_application_is_logged_without_the_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    worker = PatientWorker.__new__(PatientWorker)
    monkeypatch.setattr(worker, "log", logging.getLogger("gunicorn.error"), raising=False)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.handle_error(SimpleNamespace(uri="/hunter2"), ours, ("127.0.0.1", 1), ZeroDivisionError())
        assert theirs.recv(12) == b"HTTP/1.1 500"
    assert "hunter2" not in caplog.text
    worker.handle_error(None, ours, "", InvalidHeader("hunter2"))  # the client has gone
    assert "InvalidHeader" in caplog.text


def test_body_must_keep_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 4))  # every piece takes four seconds
    monkeypatch.setattr("gunicorn_worker.monotonic", lambda: next(clock))
    pieces = [b"x" * 4000] * 9 + [b"x"] * 9
    reader = SteadyReader(cast("socket.socket", SimpleNamespace(recv=lambda _: pieces.pop(0))), 10)
    assert len(reader.read(36_000)) == 36_000
    with pytest.raises(TimeoutError):
        reader.read(9)
    assert len(pieces) == 6


def test_head_and_body_leave_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    # Running the file puts its own class into Gunicorn.
    monkeypatch.setattr("gunicorn.http.wsgi.Response", Response)
    response_class = runpy.run_path(str(ROOT / "gunicorn.conf.py"))["WholeResponse"]
    sent: list[bytes] = []
    request = SimpleNamespace(method="GET", version=(1, 1), should_close=lambda: False)
    response = response_class(request, SimpleNamespace(sendall=sent.append), SimpleNamespace())
    response.start_response("200 OK", [("Content-Length", "4")])
    response.write(b"ab")
    response.write(b"cd")
    assert len(sent) == 2
    assert sent[0].startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent[0].endswith(b"\r\n\r\nab")
