"""A second try helps a test that meets a bad moment; it hides neither a defect nor a habit."""

import subprocess
import sys
from pathlib import Path

import pytest
from support import TEMPLATE

CODE = """
import pathlib
import pytest

@pytest.mark.parametrize("number", range({unsteady}))
def test_of_a_bad_moment(number):
    mark = pathlib.Path(__file__).with_name(f"seen-{{number}}")
    if not mark.exists():
        mark.touch()
        print("what was said")
        pytest.fail("the first time")

def test_of_a_defect():
    assert {sound}
"""


@pytest.mark.parametrize(("unsteady", "sound", "status"), [(2, True, 0), (3, True, 1), (0, False, 1)])
def test_second_try_is_named_and_hides_little(tmp_path: Path, unsteady: int, sound: bool, status: int):
    (tmp_path / "test_of_it.py").write_text(CODE.format(unsteady=unsteady, sound=sound))
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["steady"]\n')
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {TEMPLATE / 'tests'}\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "--reruns", "1", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == status, run.stdout
    assert run.stdout.count("Failed: the first time") == run.stdout.count("what was said\n") == unsteady
    assert (" tests are unsteady" in run.stdout) == (unsteady > 2)
