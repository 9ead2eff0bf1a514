"""The tests of one project run on one worker; where they do not, each worker bakes it anew, and servers meet."""

import subprocess
import sys
from pathlib import Path

GROUPED = """
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(8))
def test_one(number, worker_id, tmp_path):
    (tmp_path.parents[1] / worker_id).touch()
"""


def test_group_stays_on_one_worker(tmp_path: Path):
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    words = ("-q", "-n", "2", "--dist", "loadgroup", f"--basetemp={tmp_path / 'base'}", "test_grouped.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert "8 passed" in done.stdout, done.stdout
    assert len(list((tmp_path / "base").glob("gw*"))) == 1
