"""Make everything a fresh clone lacks: .env, the environment, the lock, the packages, the database.

Needs Python alone. Each step looks first and does nothing when its result is there, so that
`make setup`, `make run` and `make test` can all begin here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess  # nosec B404
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


class Manager(NamedTuple):
    """The commands of the tool that manages the dependencies, and the files that it pins them in."""

    locks: tuple[str, ...]
    lock: tuple[tuple[str, ...], ...]
    upgrade: str
    install: tuple[str, ...]


# <% if cookiecutter.dependency_manager == "venv" %>
# uv fills the environment much sooner than pip, and pip can install from the same two files.
COMPILE = "uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11"
MAIN = (*COMPILE.split(), "pyproject.toml", "--group", "prod")
MANAGER = Manager(
    locks=("requirements-dev.txt", "requirements.txt"),
    lock=(
        (*MAIN, "--group", "dev", "--output-file", "requirements-dev.txt"),
        # Held to the versions of the first, so that production runs what was tested.
        (*MAIN, "--constraint", "requirements-dev.txt", "--output-file", "requirements.txt"),
    ),
    upgrade="--upgrade",
    install=("uv", "pip", "sync", "--quiet", "--require-hashes", "requirements-dev.txt"),
)
# <% endif %>
# <% if cookiecutter.dependency_manager == "poetry" %>
MANAGER = Manager(
    locks=("poetry.lock",),
    lock=(("poetry", "lock", "--no-interaction"),),
    upgrade="--regenerate",
    install=("poetry", "sync", "--no-interaction", "--no-root"),
)
# <% endif %>
# <% if cookiecutter.dependency_manager == "uv" %>
MANAGER = Manager(
    locks=("uv.lock",),
    lock=(("uv", "lock", "--quiet"),),
    upgrade="--upgrade",
    install=("uv", "sync", "--quiet", "--all-groups"),
)
# <% endif %>


class StepError(Exception):
    """A step that cannot be done now."""

    def __init__(self, reason: str, command: str = "make setup") -> None:
        """Keep the one-line `reason` and the `command` that does the step later."""
        super().__init__(reason)
        self.command = command


class Step(NamedTuple):
    """A name to show and a function that tells whether there was anything to do."""

    name: str
    do: Callable[[], bool]


def run(*words: str | Path) -> None:
    """Run a command quietly in the project.

    Raises:
        StepError: It failed; the reason ends with what it said last.
    """
    # An environment that happens to be active is not this project's, and nothing is downloaded unasked.
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    own = {"UV_PYTHON": str(PYTHON), "UV_PROJECT_ENVIRONMENT": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    command = [str(word) for word in words]
    done = subprocess.run(  # noqa: S603  # nosec B603
        command, cwd=ROOT, env=inherited | own, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace").split("\n")
        error = next((n for n, line in enumerate(said) if line.lower().startswith("error")), -3)
        name = " ".join([Path(command[0]).name, *command[1:]][: 3 if command[1] == "-m" else 2])
        raise StepError(f"{name} failed: {' '.join(said[error:][:3])}")


def make_env_file() -> bool:
    """Write .env from .env.example with a secret of its own; never touch one that exists."""
    try:
        descriptor = os.open(ROOT / ".env", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    secret = f"SECRET_KEY={secrets.token_hex(32)}"
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(re.sub(r"^SECRET_KEY=.*$", secret, example, count=1, flags=re.MULTILINE))
    except OSError:
        # Half of one would never be completed.
        (ROOT / ".env").unlink()
        raise
    return True


def find_python() -> str:
    """Return an interpreter of the version in .python-version, or else the running one.

    Raises:
        StepError: The running one is too old.
    """
    wanted = (ROOT / ".python-version").read_text(encoding="utf-8").strip()
    running = ".".join(map(str, sys.version_info[:2]))
    if running != wanted and (found := shutil.which(f"python{wanted}")):
        # A version manager leaves launchers on the PATH for versions that it does not have.
        try:
            run(found, "-c", "import ensurepip")
        except (StepError, OSError):
            pass
        else:
            return found
    if sys.version_info < OLDEST:
        raise StepError(f"Python {running} is too old, 3.11 is needed", f"make setup PYTHON=python{wanted}")
    if running != wanted:
        print(f"      Python {wanted} is not on this machine: the environment has {running}")
    return sys.executable


def find_tool(name: str) -> str:
    """Return the path of a dependency manager's command.

    Raises:
        StepError: It is not installed.
    """
    if found := shutil.which(name) or shutil.which(name, path=ROOT / BIN):
        return found
    # <% if cookiecutter.dependency_manager == "venv" %>
    try:
        run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", name)
    except BaseException:
        # pip takes half of a package for the whole one next time.
        shutil.rmtree(ROOT / VENV, ignore_errors=True)
        raise
    return str(ROOT / BIN / name)
    # <% endif %>
    # <% if cookiecutter.dependency_manager != "venv" %>
    raise StepError(f"{name} is not installed", f"pipx install {name} && make setup")
    # <% endif %>


def demand_ensurepip(python: str) -> None:
    """Make sure that `python` can put pip into an environment.

    Raises:
        StepError: It is one of those that a distribution splits in two packages.
    """
    try:
        run(python, "-c", "import ensurepip")
    except StepError:
        version = ".".join(map(str, sys.version_info[:2]))
        packaged = f"sudo apt install python{version}-venv" if shutil.which("apt") else "pipx install uv"
        raise StepError("this Python cannot make environments", f"{packaged} && make setup") from None


def make_environment() -> bool:
    """Make .venv if there is none that works."""
    if (ROOT / PYTHON).exists():
        return False
    python = find_python()
    uv = shutil.which("uv")
    command = (uv, "venv") if uv else (python, "-m", "venv")
    if not uv:
        demand_ensurepip(python)
    try:
        run(*command, "--clear", *(("--python", python) if uv else ()), VENV)
    except BaseException:
        # Half an environment would pass for a whole one next time.
        shutil.rmtree(ROOT / VENV, ignore_errors=True)
        raise
    return True


def digest(paths: Iterable[str | Path], *more: str) -> str:
    """Return a digest of the contents of those `paths` that exist, and of `more`."""
    found = [(str(path), (ROOT / path).read_bytes().hex()) for path in paths if (ROOT / path).is_file()]
    return hashlib.sha256(json.dumps([found, more]).encode()).hexdigest()


def stamp(step: str) -> Path:
    """Return the file in which `step` notes the digest of what it was last done for."""
    return ROOT / VENV / f".{step}-done"


def seen(step: str) -> str:
    """Return what `step` was last done for, or an empty string."""
    return stamp(step).read_text(encoding="utf-8") if stamp(step).exists() else ""


def requirements() -> str:
    """Return a digest of what pyproject.toml requires, whatever else it says."""
    import tomllib  # not in the older Pythons that find_python() turns away

    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return digest([], json.dumps([tables["project"]["dependencies"], tables["dependency-groups"]]))


def lock(*, upgrade: bool = False) -> bool:
    """Pin every package with its hashes, if there is no lock or pyproject.toml requires other things now."""
    wanted = requirements()
    # A lock that came with the clone is taken as it is.
    fits = all((ROOT / name).exists() for name in MANAGER.locks) and seen("lock") in ("", wanted)
    if upgrade or not fits:
        missing = [name for name in MANAGER.locks if not (ROOT / name).exists()]
        try:
            for tool, *words in MANAGER.lock:
                run(find_tool(tool), *words, *([MANAGER.upgrade] if upgrade else []))
        except BaseException:
            # Half a lock would be trusted like one that came with the clone.
            for name in missing:
                (ROOT / name).unlink(missing_ok=True)
            raise
    stamp("lock").write_text(wanted, encoding="utf-8")
    return upgrade or not fits


def install() -> bool:
    """Fill .venv with exactly what is pinned."""
    state = digest(MANAGER.locks)
    if seen("packages") == state:
        return False
    tool, *words = MANAGER.install
    run(find_tool(tool), *words)
    stamp("packages").write_text(state, encoding="utf-8")
    return True


def database_url() -> str:
    """Return DATABASE_URL from the environment or .env."""
    match = re.search(r"^DATABASE_URL=(.*)$", (ROOT / ".env").read_text(encoding="utf-8"), re.MULTILINE)
    return os.environ.get("DATABASE_URL") or (match[1].strip("\"' ") if match else "")


def migrate() -> bool:
    """Bring the development database to the newest migration.

    Raises:
        StepError: Its server does not answer, or refuses.
    """
    url = database_url()
    server = urlsplit(url)
    state = digest(sorted((ROOT / "migrations" / "versions").glob("*.py")), url)
    if seen("database") == state and (server.hostname or (ROOT / "instance" / server.path[1:]).exists()):
        return False
    try:
        if server.hostname:
            socket.create_connection((server.hostname, server.port or 5432), timeout=2).close()
    except OSError:
        raise StepError(f"no server at {server.hostname}: see README.md", "make migrate") from None
    try:
        run(BIN / "flask", "db", "upgrade")
    except StepError as error:
        raise StepError(str(error), "make migrate") from None
    stamp("database").write_text(state, encoding="utf-8")
    return True


FILES = (Step(".env", make_env_file),)
STEPS = (
    *FILES,
    Step("environment", make_environment),
    Step("lock", lock),
    Step("packages", install),
    Step("database", migrate),
)


def perform(step: Step) -> None:
    """Do one `step`, showing its name while it runs and its time when something was done."""
    live = sys.stdout.isatty()
    if live:
        print(f"  ..  {step.name}", end="\r", flush=True)
    started = time.monotonic()
    done = step.do()
    if done:
        print(f"  ok  {step.name:<12}{time.monotonic() - started:5.1f} s", flush=True)
    elif live:
        print(" " * (len(step.name) + 6), end="\r", flush=True)


def set_up(steps: Sequence[Step] = STEPS) -> list[tuple[str, str]]:
    """Do the `steps` in order; return what is left to do, as pairs of reason and command."""
    for step in steps:
        try:
            perform(step)
        except StepError as error:
            return [(f"{step.name}: {error}", error.command)]
        # The latter of a file that cannot be read as what it is, .env or pyproject.toml after a slip.
        except (OSError, ValueError) as error:
            return [(f"{step.name}: {error}", "make setup")]
        except KeyboardInterrupt:
            return [(f"{step.name}: interrupted", "make setup")]
    return []


def main() -> int:
    """Set the project up, renewing the lock first with --upgrade; return 1 when it cannot be used yet."""
    before, after = STEPS[:3], STEPS[3:]
    renew = (Step("upgrade", lambda: lock(upgrade=True)),) if "--upgrade" in sys.argv[1:] else ()
    left = set_up((*before, *renew, *after))
    for reason, command in left:
        print(f"  !!  {reason}\n      then: {command}", file=sys.stderr)
    # A database that is down stops neither the tests nor a look at the code.
    return int(any(command != "make migrate" for _, command in left))


if __name__ == "__main__":
    sys.exit(main())
