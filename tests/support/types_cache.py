"""mypy over the projects of a run, which reads a library once for all of them."""

import fcntl
from pathlib import Path

from project import Project
from rendering import files


class TypesCache:
    """What mypy remembers, in a folder that all workers share.

    mypy knows a module by its path, so all projects are seen below one path, one at a time; their options for mypy
    differ by the kind of observability.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        folder.mkdir(exist_ok=True)
        self.folder = folder

    def check(self, project: Project, *more: str) -> None:
        """Run `make types` in a project, and mypy over `more` of its folders."""
        here = self.folder / "project"
        cache = str(self.folder / project.answers["observability"])
        python = f"{here}/.venv/bin/python"
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            here.unlink(missing_ok=True)
            here.symlink_to(project.path)
            for name in files(project.path):
                (project.path / name).touch()  # a file of the same size and second would count as the same
            project.run("make", "types", f"BIN={python} -m ", MYPY_CACHE_DIR=cache)
            if more:
                project.run(python, "-m", "mypy", *more, MYPY_CACHE_DIR=cache)
