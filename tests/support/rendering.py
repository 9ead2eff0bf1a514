"""Projects as they are rendered, without their environments: for tests that read files and run nothing."""

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from contexts import CONTEXTS, RENDERED
from workspace import cookiecutter


@cache
def workspace() -> "TemporaryDirectory[str]":
    """Return the folder of this process, which goes with it."""
    return TemporaryDirectory(prefix="rendered-")


@cache
def rendered(context: str) -> Path:
    """Render a context, once in each process, and return the project's folder."""
    folder = Path(workspace().name) / context
    folder.mkdir()
    answers = (CONTEXTS | RENDERED)[context] | {"install": False}
    done = cookiecutter(folder, *(f"{name}={value}" for name, value in answers.items()))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / answers["project_slug"]


def files(project: Path) -> list[str]:
    """Return the paths of a rendered project's files that are, or will be, under version control.

    A template with a public address names itself in one more.
    """
    command = ["git", "ls-files", "-zco", "--exclude-standard"]
    listed = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True).stdout
    return sorted(
        name
        for name in listed.strip("\0").split("\0")
        if (project / name).is_file() and name != ".cruft.json"
    )
