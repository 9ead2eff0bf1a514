"""Granian, as serve_granian.py starts it."""

import json
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.serving import ROOT, serving

COMMAND = ["serve_granian.py"]
# Another thread gets the signal, so that nothing interrupts the wait of the main one.
UNSEEN_SIGNAL = """
import os, runpy, signal, sys, threading

def receive():
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)

serve = runpy.run_path("serve_granian.py")
signal.signal(signal.SIGTERM, lambda *_: sys.exit("seen"))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
serve["wake_every"](0.5)
threading.Timer(0.2, receive).start()
threading.Event().wait()
"""
ENDED = """
import runpy, signal

import granian

granian.Granian.serve = lambda self: print(signal.getitimer(signal.ITIMER_REAL)[1])
runpy.run_path("serve_granian.py", run_name="__main__")
print(signal.getitimer(signal.ITIMER_REAL)[1])
"""
# The parent of this process stands for the server, or for one of its workers.
FORKED = """
import os, runpy

runpy.run_path("serve_granian.py")["be_born"](SERVER)
os.execvp("sleep", ["sleep", "0.8"])
"""


def test_server_answers_and_leaves_cleanly_on_sigterm(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path) as server:
        server.wait_until_ready()
        assert server.get("/healthz") == 200
        assert server.stop() == 0
    assert not list(server.home.iterdir())
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert "_granian" in {line["logger"] for line in lines}


def test_signal_that_does_not_end_the_wait_is_seen_soon() -> None:
    command = [sys.executable, "-c", UNSEEN_SIGNAL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == "seen\n"


def test_server_is_not_woken_while_python_ends(tmp_path: Path) -> None:
    with serving(["-c", ENDED], tmp_path) as server:
        assert server.process.wait(timeout=60) == 0
    assert server.output.splitlines()[-2:] == ["0.5", "0.0"]


@pytest.mark.parametrize(("server", "code"), [("0", 0), ("os.getppid()", -signal.SIGALRM)])
def test_only_workers_wake_and_not_what_they_start(server: str, code: int) -> None:
    command = [sys.executable, "-c", FORKED.replace("SERVER", server)]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == code


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
    available_cpus = runpy.run_path(str(ROOT / "serve_granian.py"))["available_cpus"]
    assert available_cpus(tmp_path) == (expected or available_cpus(tmp_path / "nothing"))
