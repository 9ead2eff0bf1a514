"""The tests of one project and module run on one worker, or each would bake it anew; there are two workers for each CPU."""

import subprocess
import sys
from pathlib import Path

import pytest
from workspace import TEMPLATE, usable_cpus

GROUPED = """
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_one(number, worker_id, tmp_path):
    (tmp_path.parents[1] / worker_id).touch()
"""


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n"}, 1),
        (
            {
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            1,
        ),
        ({"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, None),
    ],
)
def test_cpus_are_those_that_the_machine_gives(tmp_path: Path, files: dict[str, str], expected: int | None):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cpus(tmp_path) == (expected or usable_cpus(tmp_path / "nothing"))


def test_group_stays_on_one_worker(tmp_path: Path):
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    words = ("-q", "-n", "2", "--dist", "loadgroup", f"--basetemp={tmp_path / 'base'}", "test_grouped.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert "8 passed" in done.stdout, done.stdout
    assert len(list((tmp_path / "base").glob("gw*"))) == 1


def test_tests_of_a_project_follow_each_other_and_the_longest_chains_come_first():
    command = [sys.executable, "-m", "pytest", "-n", "0", "--collect-only", "-q"]
    done = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    listed = done.stdout.splitlines()
    browsed = [number for number, line in enumerate(listed) if line.startswith("tests/web/test_browser.py::")]
    matrix = [n for n, line in enumerate(listed) if "test_matrix.py" in line and line.endswith("[open]")]
    pairs = [n for n, line in enumerate(listed) if "test_matrix.py" in line and line.endswith("[pair01]")]
    assert listed[0].startswith("tests/deployment/test_compose")
    assert 0 < min(browsed) < max(browsed) < min(matrix) < max(matrix) < min(pairs)
    between = listed[min(browsed) : max(matrix)]
    assert not [line for line in between if line.endswith("[defaults]")]
