"""Make everything a fresh clone lacks: .env, the environment, the lock, the packages, the database.

Needs Python alone. Each step looks first and does nothing when its result is there, so that
`make setup`, `make run` and `make test` can all begin here.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(".venv")
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)


class StepError(Exception):
    """A step that cannot be done now; `command` is what does it later."""

    def __init__(self, reason: str, command: str = "make setup") -> None:
        """Keep the one-line `reason` and the `command` to type."""
        super().__init__(reason)
        self.command = command


class Step(NamedTuple):
    """A name to show and a function that returns whether there was anything to do."""

    name: str
    do: Callable[[], bool]


def run(*command: str | Path) -> None:
    """Run `command` quietly in the project.

    Raises:
        StepError: The command is missing or failed; the reason ends with what it said last.
    """
    words = [str(word) for word in command]
    # An environment that happens to be active is not this project's.
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    own = {"UV_PYTHON": str(PYTHON), "UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=inherited | own, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise StepError(f"{words[0]}: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace").splitlines()
        raise StepError(f"{Path(words[0]).name} {words[1]} failed: {' '.join(said[-3:]).strip()}")


def make_env_file() -> bool:
    """Write .env from .env.example with a secret of its own, for its owner's eyes; never touch an existing one."""
    target = ROOT / ".env"
    try:
        descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    secret = f"SECRET_KEY={secrets.token_hex(32)}"
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(re.sub(r"^SECRET_KEY=.*$", secret, example, count=1, flags=re.MULTILINE))
    return True


def find_python() -> str:
    """Return the interpreter for the environment: the version of .python-version, or else the running one.

    Raises:
        StepError: The running interpreter is too old.
    """
    wanted = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    running = ".".join(map(str, sys.version_info[:2]))
    if running != wanted and (found := shutil.which(f"python{wanted}")):
        # A version manager leaves shims on the PATH for versions that it does not have.
        probe = [found, "-c", f"import sys, ensurepip; sys.exit('{wanted}' != '%d.%d' % sys.version_info[:2])"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return found
    if sys.version_info < OLDEST:
        raise StepError(f"Python 3.11 or later is needed, this is {running}", "make setup PYTHON=python3.13")
    if running != wanted:
        print(f"  Python {wanted} is not on this machine, so this environment has Python {running}")
    return sys.executable


def find_uv() -> str | None:
    """Return the path of uv, from this machine or from this environment, if there is one."""
    return shutil.which("uv") or shutil.which("uv", path=ROOT / BIN)


def make_environment() -> bool:
    """Make .venv if there is none that works."""
    if (ROOT / PYTHON).exists():
        return False
    python = find_python()
    if uv := find_uv():
        run(uv, "venv", "--clear", "--python", python, VENV)
    else:
        run(python, "-m", "venv", "--clear", VENV)
    return True


def fingerprint(paths: Iterable[str | Path], *more: str) -> str:
    """Return a digest of the contents of those `paths` that exist, and of `more`."""
    digest = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        if (ROOT / path).is_file():
            digest.update(f"\0{path}\0".encode() + (ROOT / path).read_bytes())
    return digest.hexdigest()


def unchanged(step: str, state: str) -> bool:
    """Return whether `step` was last done in this `state`."""
    stamp = ROOT / VENV / f".{step}"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == state


def remember(step: str, state: str) -> None:
    """Note that `step` was done in this `state`."""
    (ROOT / VENV / f".{step}").write_text(state, encoding="utf-8")


# <% if cookiecutter.dependency_manager == "venv" %>
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


def lock_with_pip_tools() -> bool:
    """Pin every package with its hashes, for every platform, when there is no lock yet."""
    if all((ROOT / name).exists() for name in REQUIREMENTS):
        return False
    uv = find_uv()
    if uv is None:
        run(PYTHON, "-m", "pip", "install", "--quiet", "uv")
        uv = str(ROOT / BIN / "uv")
    compile_ = (uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header")
    main, dev = REQUIREMENTS
    source = ("pyproject.toml", "--python-version", ".".join(map(str, OLDEST)))
    run(*compile_, *source, "--group", "prod", "--group", "dev", "--output-file", dev)
    # Within the versions of the first, so that production runs what was tested.
    run(*compile_, *source, "--group", "prod", "--constraint", dev, "--output-file", main)
    return True


def install_with_pip() -> bool:
    """Fill .venv with exactly what requirements-dev.txt pins, by uv where there is one."""
    state = fingerprint(REQUIREMENTS)
    if unchanged("packages", state):
        return False
    if uv := find_uv():
        run(uv, "pip", "sync", "--quiet", "--require-hashes", REQUIREMENTS[1])
    else:
        run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", REQUIREMENTS[1])
    remember("packages", state)
    return True


# <% endif %>
# <% if cookiecutter.dependency_manager == "poetry" %>
def lock_with_poetry() -> bool:
    """Pin every package in poetry.lock, when there is no lock yet."""
    if (ROOT / "poetry.lock").exists():
        return False
    run(find_tool("poetry"), "lock", "--no-interaction")
    return True


def install_with_poetry() -> bool:
    """Fill .venv with exactly what poetry.lock pins."""
    state = fingerprint(["pyproject.toml", "poetry.lock"])
    if unchanged("packages", state):
        return False
    run(find_tool("poetry"), "sync", "--no-interaction", "--no-root")
    remember("packages", state)
    return True


# <% endif %>
# <% if cookiecutter.dependency_manager == "uv" %>
def lock_with_uv() -> bool:
    """Pin every package in uv.lock, when there is no lock yet."""
    if (ROOT / "uv.lock").exists():
        return False
    run(find_tool("uv"), "lock", "--quiet")
    return True


def install_with_uv() -> bool:
    """Fill .venv with exactly what uv.lock pins."""
    state = fingerprint(["pyproject.toml", "uv.lock"])
    if unchanged("packages", state):
        return False
    run(find_tool("uv"), "sync", "--quiet", "--all-groups")
    remember("packages", state)
    return True


# <% endif %>
# <% if cookiecutter.dependency_manager != "venv" %>
def find_tool(name: str) -> str:
    """Return the path of the tool `name`.

    Raises:
        StepError: It is not on the PATH.
    """
    if found := shutil.which(name):
        return found
    raise StepError(f"{name} is not on the PATH", f"pipx install {name} && make setup")


# <% endif %>
def database_url() -> str:
    """Return DATABASE_URL from the environment or .env."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    match = re.search(r"^DATABASE_URL=(.*)$", (ROOT / ".env").read_text(encoding="utf-8"), re.MULTILINE)
    return match[1].strip().strip("\"'") if match else ""


def migrate() -> bool:
    """Bring the development database to the newest migration, where it can be reached.

    Raises:
        StepError: Its server does not answer.
    """
    url = database_url()
    server = urlsplit(url)
    file = ROOT / "instance" / server.path[1:]
    versions = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    state = fingerprint([version.relative_to(ROOT) for version in versions], url)
    if unchanged("database", state) and (server.hostname or file.exists()):
        return False
    if server.hostname:
        try:
            socket.create_connection((server.hostname, server.port or 5432), timeout=2).close()
        except OSError:
            raise StepError(f"no database server answers at {server.hostname}", "make migrate") from None
    try:
        run(BIN / "flask", "db", "upgrade")
    except StepError as error:
        raise StepError(str(error), "make migrate") from None
    remember("database", state)
    return True


FILES_ONLY = (Step(".env", make_env_file),)
STEPS = (
    *FILES_ONLY,
    Step("environment", make_environment),
    # <% if cookiecutter.dependency_manager == "venv" %>
    Step("lock", lock_with_pip_tools),
    Step("packages", install_with_pip),
    # <% endif %>
    # <% if cookiecutter.dependency_manager == "poetry" %>
    Step("lock", lock_with_poetry),
    Step("packages", install_with_poetry),
    # <% endif %>
    # <% if cookiecutter.dependency_manager == "uv" %>
    Step("lock", lock_with_uv),
    Step("packages", install_with_uv),
    # <% endif %>
    Step("database", migrate),
)


def perform(step: Step) -> None:
    """Do one `step`, showing its name while it runs and its time when something was done."""
    live = sys.stdout.isatty()
    if live:
        print(f"  ... {step.name}", end="\r", flush=True)
    started = time.monotonic()
    try:
        done = step.do()
    finally:
        if live:
            print(" " * (len(step.name) + 6), end="\r")
    if done:
        print(f"  ok  {step.name:<12}{time.monotonic() - started:5.1f} s", flush=True)


def set_up(steps: Sequence[Step] = STEPS) -> list[tuple[str, str]]:
    """Do the `steps` in order; return what is left to do, as pairs of reason and command."""
    for step in steps:
        try:
            perform(step)
        except StepError as error:
            return [(f"{step.name}: {error}", error.command)]
        except OSError as error:
            return [(f"{step.name}: {error}", "make setup")]
        except KeyboardInterrupt:
            return [(f"{step.name}: interrupted", "make setup")]
    return []


def main() -> int:
    """Set the project up; return 1 when it cannot be used yet."""
    left = set_up()
    for reason, command in left:
        print(f"  !!  {reason}\n      then: {command}", file=sys.stderr)
    # A database that is down stops neither the tests nor a look at the code.
    return int(any(command != "make migrate" for _, command in left))


if __name__ == "__main__":
    sys.exit(main())
