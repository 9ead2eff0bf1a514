"""Running the template as a user does, in a home of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent.parent
IDENTITY = "[user]\n\tname = Ann Author\n\temail = ann@example.com\n"


def home(folder: Path, git: str = IDENTITY) -> dict[str, str]:
    """Return the environment of a user whose home is `folder` and whose git configuration is `git`."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitconfig").write_text(git, encoding="utf-8")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COOKIECUTTER"))
    }
    return kept | {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1", "COLUMNS": "80"}


def cookiecutter(
    folder: Path,
    *words: str,
    answers: str | None = None,
    env: dict[str, str] | None = None,
    template: Path = TEMPLATE,
) -> subprocess.CompletedProcess[str]:
    """Run Cookiecutter in `folder` with `words`; ask for nothing unless there are `answers` to type."""
    questions = () if answers is not None else ("--no-input",)
    command = [sys.executable, "-m", "cookiecutter", str(template), *questions]
    return subprocess.run(
        [*command, *words],
        cwd=folder,
        env=env or home(folder.parent / f"{folder.name}-home"),
        input=answers,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def copy_template(folder: Path) -> None:
    """Copy what a clone of the template would hold, uncommitted changes included."""
    command = ["git", "ls-files", "-zco", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, check=True).stdout
    for name in listed.strip("\0").split("\0"):
        source, target = TEMPLATE / name, folder / name
        if os.path.lexists(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
