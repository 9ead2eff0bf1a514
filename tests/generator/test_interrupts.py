"""Ctrl-C at any moment leaves nothing, or a whole project with the unfinished steps named."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from outcome import NOTHING, WHOLE, hold
from workspace import TEMPLATE, Place, only

# An interrupt that meets one of Python's own callbacks, of its imports for example, is dropped there: nothing is lost.
SWALLOWED = re.compile(r"Exception ignored .*\nTraceback .*\n(?: .*\n)+KeyboardInterrupt: *\n")
MOMENTS = 20
WANTED = {"nothing", "whole, a step named"}
# Does what uv does, in a second instead of ten, each step long enough to be cut short.
QUICK_UV = """#!/bin/sh
[ "$1" != --version ] || exec echo uv
sleep 0.2
while [ $# -gt 1 ]; do
    case "$1 $2" in
        "--output-file "*) sleep 0.1; echo locked >"$2" ;;
        "pip sync") printf '#!/bin/sh\\nsleep 0.1\\n[ "$2" != upgrade ] || touch dev.db\\n' >.venv/bin/flask
            chmod +x .venv/bin/flask ;;
    esac
    shift
done
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a PATH whose uv is quick."""
    folder = tmp_path_factory.mktemp("quick") / "bin"
    path = only(folder, "uv")
    (folder / "uv").write_text(QUICK_UV)
    (folder / "uv").chmod(0o755)
    return path


def run(place: Place, path: str, seconds: float | None) -> tuple[int, str, float]:
    """Run the template, interrupt its process group after `seconds`; return its code, its words, its time."""
    started = time.monotonic()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "cookiecutter",
            str(TEMPLATE),
            "--no-input",
            "-o",
            str(place.target),
            "project_name=Shop",
        ],
        env=place.env | {"PATH": path},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if seconds is not None:
        time.sleep(seconds)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate()
    return process.returncode, said, time.monotonic() - started


def test_interrupts_spread_over_a_run_leave_nothing_or_a_whole_project(
    tmp_path: Path, path: str, whole: set[str]
):
    (tmp_path / "first").mkdir()
    code, said, length = run(Place(tmp_path / "first"), path, None)
    assert (code, "Still to do" in said) == (0, False), said
    states: list[str] = []
    for moment in range(2 * MOMENTS):
        # On a machine that has become slower since the first run the moments go on.
        if moment >= MOMENTS and set(states) >= WANTED:
            break
        root = tmp_path / str(moment)
        root.mkdir()
        place = Place(root)
        code, said, _ = run(place, path, length * (moment + 0.5) / MOMENTS)
        said = SWALLOWED.sub("", said)
        project = place.target / "shop"
        if not project.exists():
            # Before Cookiecutter is loaded it is Python itself that is interrupted, with its own words and code.
            states.append("nothing")
            hold(place, NOTHING, 1 if code else 0, said if "Aborted!" in said else "", whole)
            continue
        hold(place, WHOLE, code, said, whole)
        assert (project / ".git").is_dir()
        # Production's lock follows the other, whose first line says that both are whole.
        assert (project / "requirements-dev.txt").exists() or not (project / "requirements.txt").exists()
        done = (project / "dev.db").exists()
        assert done or ": interrupted" in said or "the set-up was interrupted" in said, said
        assert ("Still to do" in said) == (" interrupted" in said)
        states.append("whole" if done else "whole, a step named")
        if not done:
            assert "make setup" in said or "make migrate" in said
        shutil.rmtree(root)
    print(states)
    assert set(states) >= WANTED
