"""Gunicorn, as gunicorn.conf.py starts it."""

import json
import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.http.wsgi import Response

from .serving import ROOT, serving

COMMAND = ["-m", "gunicorn", "wsgi:app"]


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
    assert "SECRET_KEY is missing" in server.output


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
