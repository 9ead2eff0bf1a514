"""Running the template as a user does, in a home of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

SUPPORT = Path(__file__).resolve().parent
TEMPLATE = SUPPORT.parent.parent
IDENTITY = "[user]\n\tname = Ann Author\n\temail = ann@example.com\n"


def home(folder: Path, git: str = IDENTITY) -> dict[str, str]:
    """Return the environment of a user whose home is `folder` and whose git configuration is `git`."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitconfig").write_text(git, encoding="utf-8")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COOKIECUTTER"))
    }
    return kept | {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "NO_COLOR": "1", "COLUMNS": "80"}


def missing(what: str) -> None:
    """Skip a test for want of `what`; where CI is set that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must not skip", pytrace=False)
    pytest.skip(f"{what} is missing")


def outcome_of(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    timeout: float = 600,
) -> tuple[int, str]:
    """Run a command that nobody answers; return its exit code and what it printed.

    Parameters:
        command: the program and its words.
        cwd: where it runs.
        env: its whole environment, or this one's.
        timeout: the seconds that it may take.
    """
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
    )
    return done.returncode, done.stdout


def output_of(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    timeout: float = 600,
    check: bool = True,
) -> str:
    """Run a command that nobody answers; return what it printed, or fail with it.

    Parameters:
        command: the program and its words.
        cwd: where it runs.
        env: its whole environment, or this one's.
        timeout: the seconds that it may take.
        check: whether another exit code than 0 is a failure.
    """
    code, said = outcome_of(command, cwd=cwd, env=env, timeout=timeout)
    assert not check or code == 0, f"{' '.join(map(str, command))} exits {code}:\n{said}"
    return said


def cookiecutter(
    folder: Path,
    *words: str,
    answers: str | None = None,
    env: dict[str, str] | None = None,
    template: Path = TEMPLATE,
    module: str = "cookiecutter",
    before: Callable[[], None] | None = None,
    stdout: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run Cookiecutter in `folder` with `words`; ask for nothing unless there are `answers` to type."""
    questions = () if answers is not None else ("--no-input",)
    command = [sys.executable, "-m", module, str(template), *questions]
    return subprocess.run(
        [*command, *words],
        cwd=folder,
        env=env or home(folder.parent / f"{folder.name}-home"),
        input=answers,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=before,
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


def only(folder: Path, *hidden: str) -> str:
    """Return a PATH on which every program is found but `hidden`."""
    folder.mkdir()
    for place in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(place).iterdir() if Path(place).is_dir() else ():
            if program.name not in hidden:
                (folder / program.name).unlink(missing_ok=True)
                (folder / program.name).symlink_to(program)
    return str(folder)


def usable_cpus(root: Path = Path("/")) -> int:
    """Count the CPUs that this process may use, a container's quota included.

    Parameters:
        root: where `proc` and `sys` are mounted.
    """
    cpus = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    with suppress(OSError, ValueError):  # version 2 of control groups, or no quota
        group = (root / "proc/self/cgroup").read_text().rpartition("::")[2].strip().lstrip("/")
        quota, period = map(int, (root / "sys/fs/cgroup" / group / "cpu.max").read_text().split())
        cpus = min(cpus, -(-quota // period))
    with suppress(OSError, ValueError):  # version 1
        folder = root / "sys/fs/cgroup/cpu"
        quota, period = (int((folder / f"cpu.cfs_{name}_us").read_text()) for name in ("quota", "period"))
        cpus = min(cpus, -(-quota // period)) if quota > 0 else cpus
    return max(1, cpus)


def tree(folder: Path) -> dict[str, bytes]:
    """Return the contents of every file of the project in `folder`, but for what may differ."""
    passed = {".git", ".venv", "instance", "__pycache__", ".env"}
    files = (path for path in folder.rglob("*") if path.is_file() and not passed.intersection(path.parts))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}


@dataclass
class Place:
    """A user's home, temporary folder and folder of projects, to see afterwards what is left where.

    Parameters:
        root: the folder that holds the three.
    """

    root: Path

    def __post_init__(self) -> None:
        """Make the folders."""
        self.target, self.temporary, self.home = (self.root / name for name in ("target", "tmp", "home"))
        self.target.mkdir()
        self.temporary.mkdir()
        self.env = home(self.home) | {"TMPDIR": str(self.temporary)}

    def run(
        self,
        *words: str,
        answers: str | None = None,
        before: Callable[[], None] | None = None,
        stdout: int = subprocess.PIPE,
        **variables: str,
    ) -> "subprocess.CompletedProcess[str]":
        """Run Cookiecutter in the folder of projects."""
        env = self.env | variables
        return cookiecutter(self.target, *words, answers=answers, env=env, before=before, stdout=stdout)

    def make_new(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run what `make new` runs."""
        env = self.env | {"PYTHONPATH": str(TEMPLATE)}
        return cookiecutter(self.target, *words, env=env, module="flask_starter")

    def dialogue(self, *lines: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Answer the dialogue of `make new` with lines of text."""
        command = [sys.executable, "-m", "flask_starter", str(TEMPLATE), "-o", "."]
        typed = "".join(f"{line}\n" for line in lines)
        return subprocess.run(command, cwd=self.target, env=env, input=typed, capture_output=True, text=True)

    def outside(self) -> list[str]:
        """Return the files that are left outside of the folder of projects, but for Cookiecutter's replay file."""
        kept = {".gitconfig", ".cookiecutter_replay"}
        return [
            str(path.relative_to(self.root))
            for folder in (self.temporary, self.home)
            for path in folder.rglob("*")
            # The package managers' own: caches, uv's lock, and what pip's question for rustc's version leaves.
            if path.is_file()
            and not path.match("uv-*.lock")
            and not kept.intersection(path.parts)
            and not {".cache", ".rustup"}.intersection(path.parts)
        ]

    def secrets_elsewhere(self) -> list[str]:
        """Return the files beside .env in which a project's secret stands."""
        paths = [path for path in self.root.rglob("*") if path.is_file() and ".venv" not in path.parts]
        found = [
            re.search(rb"^SECRET_KEY=(.+)$", path.read_bytes(), re.M) for path in paths if path.name == ".env"
        ]
        secrets = [match[1] for match in found if match]
        return [
            str(path)
            for path in paths
            if path.name != ".env" and any(s in path.read_bytes() for s in secrets)
        ]
