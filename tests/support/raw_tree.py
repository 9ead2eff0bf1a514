"""The tree of the project before it is rendered."""

import subprocess
from pathlib import Path

from workspace import TEMPLATE

TREE = TEMPLATE / "<<cookiecutter.project_slug>>"


def files(folder: Path = TREE) -> list[Path]:
    """Give the files of the tree that are, or will be, under version control."""
    command = ["git", "ls-files", "-zco", "--exclude-standard"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return [folder / name for name in listed.strip("\0").split("\0")]
