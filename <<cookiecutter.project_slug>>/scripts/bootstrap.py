"""Set up a clone: .env, the environment from the lock, and the development database if there is none yet.

`make setup` does all of it; other commands do not touch the database. It needs only Python, and skips what is done.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import subprocess  # nosec B404
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST_PYTHON = (3, 11)
# The folder and the files that .venv was last created from.
STAMP = VENV / ".made-from"
LOCKS = [ROOT / name for name in ["<< cookiecutter.__locks >>"]]
UPGRADE = "<< '--regenerate' if cookiecutter.dependency_manager == 'poetry' else '--upgrade' >>"
# Variables that a shell may have set for another environment.
OTHER_ENVIRONMENT = re.compile(
    r"VIRTUAL_ENV|CONDA_PREFIX|PYTHON(HOME|PATH)|PIP_(PREFIX|PYTHON|REQUIRE_\w+|ROOT|TARGET|USER)"
    r"|POETRY_VIRTUALENVS_\w+|UV_(PROJECT_ENVIRONMENT|SYSTEM_PYTHON)"
)


class StepError(Exception):
    """A step that failed."""

    def __init__(self, reason: str, command: str) -> None:
        """Store the one-line `reason` and the `command` that does the step later."""
        super().__init__(reason)
        self.command = command


def run(*command: str | Path, later: str = "make setup") -> str:
    """Run a command in the project and return its output.

    Raises:
        StepError: It failed; the reason is a line of its output, and `later` the command that fixes it.
    """
    env = {name: value for name, value in os.environ.items() if not OTHER_ENVIRONMENT.fullmatch(name)}
    done = subprocess.run(  # noqa: S603  # nosec B603
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        reason = explain((done.stdout + done.stderr).decode(errors="replace"))
        raise StepError(f"{Path(command[0]).name} {command[1]}: {reason}", later)
    return done.stdout.decode(errors="replace").strip()


def explain(output: str) -> str:
    """Return the reason in the output of a failed command: its exception, or the first error."""
    lines = [line.strip(" |") for line in output.splitlines() if line.strip(" |")] or ["no output"]
    raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
    error = re.compile(r"\b(error|unable|cannot|could not|failed|not|refused)\b", re.IGNORECASE)
    first = next((number for number, line in enumerate(lines) if error.search(line)), 0)
    return raised[-1] if raised else " ".join(lines[first : first + 3])


def find_tool(name: str) -> str:
    """Return the path of a program that runs; shims of version managers may not.

    Raises:
        StepError: There is none.
    """
    reason = f"{name} is not installed"
    for folder in (*os.get_exec_path(), str(BIN), str(Path.home() / ".local" / "bin")):
        found = shutil.which(name, path=folder)
        try:
            if found and run(found, "--version"):
                return found
        except (OSError, StepError) as error:
            reason = str(error)
    raise StepError(reason, f"pipx install {name} || python3 -m pip install {name} && make setup")


def make_env_file() -> bool:
    """Write .env from .env.example with a new secret key, unless there is one."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^SECRET_KEY=.*$", f"SECRET_KEY={secrets.token_hex(32)}", example, count=1)
    try:
        descriptor = os.open(ROOT / ".env", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError:
        # An incomplete one would never be replaced.
        (ROOT / ".env").unlink()
        raise
    return True


# <% if cookiecutter.dependency_manager == "venv" %>
def make_venv() -> str:
    """Create .venv if it is missing; return the path of uv, which is ten times faster than pip."""
    try:
        uv = find_tool("uv")
    except StepError:
        uv = ""
    version = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info < OLDEST_PYTHON:
        raise StepError(f"Python {version} is too old, 3.11 is needed", "make setup PYTHON=python3.14")
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    if not uv:
        run(PYTHON, "-c", "import ensurepip", later=f"sudo apt install python{version}-venv && make setup")
        run(PYTHON, "-m", "ensurepip")
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    return uv or find_tool("uv")


def lock(uv: str, *options: str) -> None:
    """Pin all packages with hashes for all platforms, unless the lock is up to date."""
    import tomllib  # missing in the Pythons that make_venv() rejects

    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    required = repr([tables["project"]["dependencies"], tables["dependency-groups"]])
    header = f"# `make setup` made this from pyproject.toml {hashlib.sha256(required.encode()).hexdigest()}\n"
    dev, production = LOCKS
    if production.exists() and dev.exists() and dev.read_text("utf-8").startswith(header) and not options:
        return
    options += ("--quiet", "--universal", "--generate-hashes", "--no-header", "--python-version", "3.11")
    command = (uv, "pip", "compile", *options, "pyproject.toml", "--group", "prod", "--output-file")
    run(*command, dev, "--group", "dev")
    # With the versions of the first, so that production runs what was tested.
    run(*command, production, "--constraint", dev)
    dev.write_text(header + dev.read_text("utf-8"), "utf-8")


# <% endif %>
def update_environment(*options: str) -> bool:
    """Update the environment to the lock, and the lock to pyproject.toml or, with UPGRADE, to the newest versions."""
    made_from = STAMP.read_bytes() if PYTHON.exists() and STAMP.exists() else b""
    if made_from == describe() and not options:
        return False
    if not made_from.startswith(bytes(ROOT) + b"\n"):
        # Incomplete, or moved or copied with its folder: its scripts would run in the other folder.
        shutil.rmtree(VENV, ignore_errors=True)
    locked = [path.read_bytes() for path in LOCKS if path.exists()]
    # <% if cookiecutter.dependency_manager == "venv" %>
    uv = make_venv()
    lock(uv, *options)
    run(uv, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", LOCKS[0])
    # <% endif %>
    # <% if cookiecutter.dependency_manager == "poetry" %>
    poetry = find_tool("poetry")
    try:
        run(poetry, "check", "--lock")
    except StepError:
        run(poetry, "lock", "--no-interaction")
    if options:
        run(poetry, "lock", "--no-interaction", *options)
    run(poetry, "sync", "--no-interaction")
    # <% endif %>
    # <% if cookiecutter.dependency_manager == "uv" %>
    run(find_tool("uv"), "sync", "--quiet", *options)
    # <% endif %>
    STAMP.write_bytes(describe())
    if locked and locked != [path.read_bytes() for path in LOCKS] and not options:
        print(f"      {LOCKS[0].name} was older than pyproject.toml and has been updated: commit it")
    return True


def describe() -> bytes:
    """Return the folder and a digest of the files that define the environment."""
    files = (path.read_bytes() for path in (ROOT / "pyproject.toml", *LOCKS) if path.exists())
    return bytes(ROOT) + b"\n" + hashlib.sha256(b"\0".join(files)).hexdigest().encode()


def create_database() -> bool:
    """Apply the migrations if there is no database yet; later `make migrate` does."""
    flask_db = (BIN / "flask", "db")
    has_file = any(path.stat().st_size for path in (ROOT / "instance").glob("*.db"))
    if has_file or run(*flask_db, "current", later="make migrate"):
        return False
    run(*flask_db, "upgrade", later="make migrate")
    return True


STEPS: dict[str, Callable[[], bool]] = {
    ".env": make_env_file,
    "environment": update_environment,
    "database": create_database,
    "upgrade": lambda: update_environment(UPGRADE),
}
SETUP = (".env", "environment", "database")


def set_up(*names: str) -> list[tuple[str, str]]:
    """Run the steps `names` in order; return what is left to do, as pairs of reason and command."""
    for name in names:
        if sys.stdout.isatty():
            print(f"  ..  {name:<12}", end="\r", flush=True)
        started = time.monotonic()
        try:
            done = STEPS[name]()
        # ValueError: .env or pyproject.toml is invalid.
        except (KeyboardInterrupt, OSError, StepError, ValueError) as error:
            return [(f"{name}: {str(error) or 'interrupted'}", getattr(error, "command", "make setup"))]
        if done:
            print(f"  ok  {name:<12}{time.monotonic() - started:5.1f} s", flush=True)
    return []


def main() -> int:
    """Run the steps on the command line, or those of SETUP; return 1 if the project cannot be used yet."""
    left = set_up(*(sys.argv[1:] or SETUP))
    for reason, command in left:
        print(f"  !!  {reason}\n      then: {command}", file=sys.stderr)
    # Without the database the project can still be used.
    return int(any(command != "make migrate" for _, command in left))


if __name__ == "__main__":
    sys.exit(main())
