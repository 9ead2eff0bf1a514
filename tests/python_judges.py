"""Judges that are Python programs: each is installed from its lock in tests/judges, apart from the tests' own packages."""

import os
import subprocess
from pathlib import Path

from support import TEMPLATE

JUDGES = TEMPLATE / "tests" / "judges"
Verdict = subprocess.CompletedProcess[str]


def verdict_of(
    lock: str, package: str, *words: str | Path, program: str | None = None, timeout: float = 300
) -> Verdict:
    """Let a judge speak.

    Parameters:
        lock: which file of tests/judges pins it, without its suffix.
        package: what is installed.
        words: the judge's command line.
        program: its name, where the package is called otherwise.
        timeout: the seconds that it may take.
    """
    tool = [
        TEMPLATE / ".venv/bin/uv",
        "tool",
        "run",
        "--quiet",
        "--with-requirements",
        JUDGES / f"{lock}.txt",
    ]
    return subprocess.run(
        [*tool, "--from", package, program or package, *words],
        cwd=TEMPLATE,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
