import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.config import ConfigError
from scripts import run_all

SLEEP = ("-c", "import time; time.sleep(60)")
UNTIL = "import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"
STUBBORN = ("-c", "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> list[run_all.Process]:
    """Start commands of Python instead of modules, and look often; gives what was started."""
    started: list[run_all.Process] = []

    def start(command: Sequence[str]) -> run_all.Process:
        started.append(subprocess.Popen([sys.executable, *command]))
        return started[-1]

    monkeypatch.setattr(run_all, "start", start)
    monkeypatch.setattr(run_all, "NAP", 0.01)
    return started


def test_all_ends_with_the_server(plain: list[run_all.Process]) -> None:
    assert run_all.run(("-c", "raise SystemExit(3)"), [SLEEP, SLEEP]) == 3
    assert [process.poll() for process in plain] == [3, -signal.SIGTERM, -signal.SIGTERM]


def test_workers_start_again_when_the_code_changes(
    plain: list[run_all.Process], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([1.0, 1.0, 2.0])
    monkeypatch.setattr(run_all, "changed", lambda: next(moments, 2.0))
    start, ended = run_all.start, tmp_path / "ended"

    def start_and_end(command: Sequence[str]) -> run_all.Process:
        process = start(command)
        if len(plain) == 3:
            ended.touch()
        return process

    monkeypatch.setattr(run_all, "start", start_and_end)
    assert run_all.run(("-c", UNTIL, str(ended)), [SLEEP]) == 0
    assert [process.poll() for process in plain] == [0, -signal.SIGTERM, -signal.SIGTERM]


def test_process_that_does_not_listen_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_all, "GRACE", 0.1)
    process = subprocess.Popen([sys.executable, *STUBBORN], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as said:
        said.readline()
        run_all.stop([process])
    assert process.poll() == -signal.SIGKILL


def test_change_of_a_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    before = run_all.changed(tmp_path)
    time.sleep(0.02)
    (tmp_path / "b.py").touch()
    assert run_all.changed(tmp_path) > before


@pytest.mark.parametrize(
    ("url", "expected"), [("", run_all.ALONE), ("redis://127.0.0.1:1/1", run_all.WITH_BROKER)]
)
def test_address_of_a_broker_decides_who_works(
    url: str, expected: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_URL", url)
    assert run_all.workers() == expected


def test_module_of_python_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert run_all.start(("this",)).wait(20) == 0


def test_interrupt_is_no_error_and_wrong_settings_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> int:
        raise KeyboardInterrupt

    def refuse(*_: object) -> int:
        raise ConfigError("Cannot start:", ["X is missing"])

    before = signal.getsignal(signal.SIGTERM)
    try:
        monkeypatch.setattr(run_all, "run", stop)
        assert run_all.main() == 0
        monkeypatch.setattr(run_all, "run", refuse)
        assert run_all.main() == 1
    finally:
        signal.signal(signal.SIGTERM, before)
    assert "X is missing" in capsys.readouterr().err
