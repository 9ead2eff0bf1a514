"""Judges that are Python programs: each is installed from its lock in tests/support/checkers, apart from the tests' own packages."""

import functools
import os
import subprocess
from pathlib import Path

from workspace import SUPPORT, TEMPLATE

JUDGES = SUPPORT / "checkers"
Verdict = subprocess.CompletedProcess[str]


def verdict_of(
    lock: str, package: str, *words: str | Path, program: str | None = None, timeout: float = 300
) -> Verdict:
    """Let a judge speak.

    Parameters:
        lock: which file of tests/support/checkers pins it, without its suffix.
        package: what is installed.
        words: the judge's command line.
        program: its name, where the package is called otherwise.
        timeout: the seconds that it may take.
    """
    return subprocess.run(
        [*installed(lock, package), program or package, *words],
        cwd=TEMPLATE,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@functools.cache
def installed(lock: str, package: str) -> list[str | Path]:
    """Install a judge, and give what runs it without asking the package index again.

    Raises:
        subprocess.CalledProcessError: it cannot be installed.
    """
    uv = [TEMPLATE / ".venv/bin/uv", "tool", "run", "--quiet"]
    place = ["--with-requirements", JUDGES / f"{lock}.txt", "--from", package]
    # What the index did not answer once it may answer a moment later.
    for _ in range(3):
        done = subprocess.run([*uv, *place, "python", "--version"], capture_output=True, check=False)
        if not done.returncode:
            break
    done.check_returncode()
    return [*uv, "--offline", *place]
