"""The process beside the server, which tells what all processes of the server have counted."""

import os
import re
import shlex
import socket
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client import generate_latest
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from metrics_exporter import registry, tidy
from tests.support.serving import free_port, serving

COMMAND = shlex.split("<< cookiecutter.__serve_command >>")[1:]


@pytest.fixture
def port() -> str:
    """A port that is free."""
    return str(free_port())


def scrape(port: str, path: str = "/metrics") -> str:
    """Give what the exporter says."""
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def counted(text: str) -> float:
    """Give how many requests were counted in all."""
    return sum(map(float, re.findall(r"^http_request_duration_seconds_count\{.*\} (\S+)$", text, re.M)))


def test_requests_of_all_processes_are_told_until_the_server_leaves(tmp_path: Path, port: str) -> None:
    (tmp_path / "tmp").mkdir()
    settings = {"METRICS_PORT": port, "TMPDIR": str(tmp_path / "tmp"), "WEB_CONCURRENCY": "2"}
    with serving(COMMAND, tmp_path, **settings) as server:
        # uWSGI answers before it knows that signal.
        server.wait_until_ready("unix_signal:15" if "serve_uwsgi.py" in COMMAND else "")
        assert counted(scrape(port)) == 0
        for _ in range(20):
            server.get("/nobody-knows")
        assert counted(scrape(port)) == 20
        with pytest.raises(HTTPError, match="404") as caught:
            scrape(port, "/")
        caught.value.close()
        assert server.get("/metrics") == 404
        assert server.stop() == 0
    end = time.monotonic() + 60
    while list((tmp_path / "tmp").iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    assert not list((tmp_path / "tmp").iterdir())
    with pytest.raises(OSError, match="refused"):
        scrape(port)


def test_port_that_cannot_be_opened_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        with serving(COMMAND, tmp_path, METRICS_PORT=number) as server:
            assert server.process.wait(timeout=60) != 0
    assert f"METRICS_PORT {number}: Address already in use" in server.output


def test_program_that_is_not_there_is_named(tmp_path: Path, port: str) -> None:
    with serving(["serve_metrics.py", "no-such-server"], tmp_path, METRICS_PORT=port) as server:
        assert server.process.wait(timeout=60) != 0
    assert "no-such-server: No such file" in server.output


def write(folder: Path, name: str, amount: float) -> None:
    """Write what a process would have counted."""
    kept = MmapedDict(str(folder / name))
    kept.write_value(mmap_key("things", "things_total", [], [], "Things."), amount, 0.0)
    kept.close()


def test_counts_of_processes_that_have_left_are_kept_and_their_gauges_forgotten(tmp_path: Path) -> None:
    for name, amount in (
        ("counter_999999998.db", 2.0),
        ("counter_999999999.db", 3.0),
        ("gauge_livesum_999999999.db", 5.0),
        (f"counter_{os.getpid()}.db", 7.0),
        (f"gauge_livesum_{os.getpid()}.db", 11.0),
    ):
        write(tmp_path, name, amount)
    for _ in range(2):
        tidy(tmp_path, os.getpid())
        kept = MmapedDict.read_all_values_from_file(str(tmp_path / "counter_0.db"))
        assert [amount for _, amount, _, _ in kept] == [5.0]
    assert {path.name for path in tmp_path.iterdir()} == {
        "counter_0.db",
        f"counter_{os.getpid()}.db",
        f"gauge_livesum_{os.getpid()}.db",
    }


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only there processes tell who started them")
def test_number_that_is_by_now_somebody_elses_counts_as_left(tmp_path: Path) -> None:
    write(tmp_path, f"counter_{os.getppid()}.db", 13.0)
    write(tmp_path, f"gauge_livesum_{os.getppid()}.db", 17.0)
    tidy(tmp_path, os.getpid())
    kept = MmapedDict.read_all_values_from_file(str(tmp_path / "counter_0.db"))
    assert [amount for _, amount, _, _ in kept] == [13.0]
    assert [path.name for path in tmp_path.iterdir()] == ["counter_0.db"]


def test_file_that_a_process_is_about_to_fill_fails_no_scrape(tmp_path: Path) -> None:
    write(tmp_path, f"counter_{os.getpid()}.db", 3.0)
    for name in (f"gauge_livesum_{os.getpid()}.db", "counter_999999999.db"):
        (tmp_path / name).touch()
    tidy(tmp_path, os.getpid())
    assert "things_total 3.0" in generate_latest(registry(tmp_path)).decode()
    assert not (tmp_path / "counter_999999999.db").exists()
