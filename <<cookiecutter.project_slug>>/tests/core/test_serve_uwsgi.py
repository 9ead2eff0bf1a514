"""uWSGI, as serve_uwsgi.py starts it."""

import json
import runpy
from pathlib import Path

import pytest

from tests.support.serving import ROOT, serving

COMMAND = ["serve_uwsgi.py"]
# What uWSGI says about its own configuration, before that is in force.
PRELUDE = ("[uWSGI]", "[log-encoder]")


def test_server_answers_and_leaves_cleanly_on_sigterm(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path) as server:
        # The last line of the start: before it uWSGI answers already, and knows no SIGTERM yet.
        server.wait_until_ready("unix_signal:15")
        assert server.get("/healthz") == 200
        assert server.stop() == 0
    assert not list(server.home.iterdir())
    own = [line for line in server.output.splitlines() if not line.startswith(PRELUDE)]
    assert "uwsgi" in {json.loads(line)["logger"] for line in own}


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
    available_cpus = runpy.run_path(str(ROOT / "serve_uwsgi.py"))["available_cpus"]
    assert available_cpus(tmp_path) == (expected or available_cpus(tmp_path / "nothing"))
