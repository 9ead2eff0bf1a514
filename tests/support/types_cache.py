"""mypy over the projects of a run, which reads a library once for all of them."""

from pathlib import Path

from filelock import FileLock
from project import Project


class TypesCache:
    """What mypy remembers, in a folder that all workers share.

    mypy remembers a module by its path, so all projects are seen below one path, one at a time; their options for mypy
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
        with FileLock(self.folder / "lock"):
            here.unlink(missing_ok=True)
            here.symlink_to(project.path)
            project.run("make", "types", f"BIN={python} -m ", MYPY_CACHE_DIR=cache)
            if more:
                project.run(python, "-m", "mypy", *more, MYPY_CACHE_DIR=cache)
