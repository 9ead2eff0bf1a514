"""Set up a clone: .env, the environment from the lock, and the development database if there is none yet.

`make setup` runs all steps, as `make run`, `serve` and `seed` do; `make check`, for example, leaves out the
database. It imports only the standard library, and skips what is done.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import subprocess  # nosec B404
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST_PYTHON = (3, 11)
# The folder and the files that .venv was last created from.
STAMP = VENV / ".made-from"
UPGRADE = "<< '--regenerate' if cookiecutter.dependency_manager == 'poetry' else '--upgrade' >>"
LOCKS = [ROOT / name for name in ["<< cookiecutter.__locks >>"]]
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
        StepError: It failed; the reason is its exception or the end of its output, and `later` does it again.
    """
    env = {name: value for name, value in os.environ.items() if not OTHER_ENVIRONMENT.fullmatch(name)}
    done = subprocess.run(  # noqa: S603  # nosec B603
        command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
        raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
        raise StepError(f"{Path(command[0]).name} {command[1]}: {' '.join(raised[-1:] or lines[-5:])}", later)
    return done.stdout.decode(errors="replace").strip()


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


def make_env_file() -> None:
    """Write .env from .env.example with a new secret key, unless there is one."""
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^SECRET_KEY=.*$", f"SECRET_KEY={secrets.token_hex(32)}", example, count=1)
    path = ROOT / ".env"
    try:
        with open(path, "x", encoding="utf-8", newline="\n", opener=partial(os.open, mode=0o600)) as file:
            file.write(text)
    except FileExistsError:
        return
    except OSError:
        path.unlink(missing_ok=True)  # an incomplete one would never be replaced
        raise
    report("created .env with a new secret key")


# <% if cookiecutter.dependency_manager == "venv" %>
def make_venv() -> str:
    """Create .venv if it is missing; return the path of uv, which is ten times faster than pip."""
    version = ".".join(map(str, sys.version_info[:2]))
    if sys.version_info < OLDEST_PYTHON:
        raise StepError(f"Python {version} is too old, 3.11 is needed", "make setup PYTHON=python3.14")
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)
    try:
        return find_tool("uv")
    except StepError:
        run(PYTHON, "-m", "ensurepip", later=f"sudo apt install python{version}-venv && make setup")
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
        return find_tool("uv")


def lock(uv: str, *options: str) -> None:
    """Pin all packages with hashes for all platforms, unless the lock is up to date."""
    import tomllib  # missing in the Pythons that make_venv() rejects

    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    required = repr([tables["project"]["dependencies"], tables["dependency-groups"]])
    header = f"# `make setup` made this from pyproject.toml {hashlib.sha256(required.encode()).hexdigest()}\n"
    dev, production = LOCKS
    if production.exists() and dev.exists() and dev.read_text("utf-8").startswith(header) and not options:
        return
    report("pinning packages in requirements.txt and requirements-dev.txt")
    options += ("--quiet", "--universal", "--generate-hashes", "--no-header", "--python-version", "3.11")
    command = (uv, "pip", "compile", *options, "pyproject.toml", "--group", "prod", "--output-file")
    run(*command, dev, "--group", "dev")
    # With the versions of the first, so that production runs what was tested.
    run(*command, production, "--constraint", dev)
    dev.write_text(header + dev.read_text("utf-8"), "utf-8")


# <% endif %>
def update_environment(*options: str) -> None:
    """Update the environment to the lock, and the lock to pyproject.toml or, with UPGRADE, to new ones."""
    made_from = STAMP.read_bytes() if PYTHON.exists() and STAMP.exists() else b""
    if made_from == describe() and not options:
        return
    report("installing packages in .venv")
    if not made_from.startswith(bytes(ROOT) + b"\n"):
        # Incomplete, or moved or copied with its folder: its scripts would run in the other folder.
        shutil.rmtree(VENV, ignore_errors=True)
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
        report("pinning packages in poetry.lock")
        run(poetry, "lock", "--no-interaction")
    if options:
        run(poetry, "lock", "--no-interaction", *options)
    run(poetry, "sync", "--no-interaction")
    # <% endif %>
    # <% if cookiecutter.dependency_manager == "uv" %>
    run(find_tool("uv"), "sync", "--quiet", *options)
    # <% endif %>
    STAMP.write_bytes(describe())


def describe() -> bytes:
    """Return the folder and a digest of the files that define the environment."""
    files = (path.read_bytes() for path in (ROOT / "pyproject.toml", *LOCKS) if path.exists())
    return bytes(ROOT) + b"\n" + hashlib.sha256(b"\0".join(files)).hexdigest().encode()


def create_database() -> None:
    """Apply the migrations if there is no database yet; later `make migrate` does."""
    flask_db = (BIN / "flask", "db")
    has_file = any(path.stat().st_size for path in (ROOT / "instance").glob("*.db"))
    if has_file or run(*flask_db, "current", later="make migrate"):
        return
    report("creating the development database")
    run(*flask_db, "upgrade", later="make migrate")


def report(text: str) -> None:
    """Print a line at once, also where the output is not a terminal."""
    print(f"  {text}", flush=True)


STEPS: dict[str, Callable[[], None]] = {
    ".env": make_env_file,
    "environment": update_environment,
    "database": create_database,
    "upgrade": partial(update_environment, UPGRADE),
}
SETUP = (".env", "environment", "database")


def set_up(*names: str) -> list[tuple[str, str]]:
    """Run these steps; return what is left to do, as pairs of reason and command."""
    for name in names:
        try:
            STEPS[name]()
        # ValueError: .env or pyproject.toml is invalid.
        except (KeyboardInterrupt, OSError, StepError, ValueError) as error:
            return [(f"{name}: {str(error) or 'interrupted'}", getattr(error, "command", "make setup"))]
    return []


if __name__ == "__main__":
    left = set_up(*(sys.argv[1:] or SETUP))
    for reason, command in left:
        print(f"  !!  {reason}\n      then: {command}", file=sys.stderr)
    # Without the database the project can still be used.
    sys.exit(any(command != "make migrate" for _, command in left))
