"""What the machine does wrong: the project is whole and what is left is named, or nothing is left at all."""

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from outcome import NOTHING, WHOLE, hold
from workspace import Place, only, output_of

DEAD = "http://127.0.0.1:9"


class Fault(NamedTuple):
    """One thing that is wrong.

    Parameters:
        outcome: WHOLE or NOTHING, which is the exit code, too.
        said: what the panel, or the line, says.
        words: the command line's part in it.
        env: the environment's part in it, given the place.
        before: what the process does to itself before it starts.
        repaired: whether the commands that the panel names are run afterwards, where nothing is wrong any more.
    """

    outcome: int
    said: str
    words: tuple[str, ...] = ("install=false",)
    env: Callable[[Place], dict[str, str]] = lambda place: {}
    before: Callable[[], None] | None = None
    repaired: bool = False


def without(*programs: str) -> Callable[[Place], dict[str, str]]:
    """Return an environment on whose PATH `programs` are missing."""
    return lambda place: {"PATH": only(place.root / "bin", *programs)}


def instead(program: str, script: str) -> Callable[[Place], dict[str, str]]:
    """Return an environment in which `program` is the shell `script`; the real one is at $REAL."""

    def env(place: Place) -> dict[str, str]:
        real = shutil.which(program)
        path = only(place.root / "bin", program)
        Path(path, program).write_text(f"#!/bin/sh\nREAL={real}\n{script}\n")
        Path(path, program).chmod(0o755)
        return {"PATH": path}

    return env


def no_network(place: Place) -> dict[str, str]:
    """Return an environment whose package index and proxies answer nothing."""
    dead = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), DEAD)
    pip = {
        "PIP_INDEX_URL": f"{DEAD}/simple",
        "PIP_FIND_LINKS": "",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_RETRIES": "0",
    }
    uv = {"UV_DEFAULT_INDEX": f"{DEAD}/simple", "UV_NO_CONFIG": "1", "UV_HTTP_RETRIES": "0"}
    return dead | pip | uv | {"UV_CACHE_DIR": str(place.home / ".cache" / "uv"), "PIP_NO_CACHE_DIR": "1"}


def small_files(limit: int) -> Callable[[], None]:
    """Return what makes every write beyond `limit` bytes of a file fail, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def git_config(text: str) -> Callable[[Place], dict[str, str]]:
    """Return an environment with another git configuration."""
    return lambda place: {"GIT_CONFIG_GLOBAL": str(shutil.copy(_written(place, text), place.root / "git"))}


def _written(place: Place, text: str) -> Path:
    (place.root / "config").write_text(text)
    return place.root / "config"


INSTALL = ("install=true",)
FAULTS = {
    "no git": Fault(WHOLE, "git is not installed", env=without("git"), repaired=True),
    "git fails": Fault(
        WHOLE, "git could not make a repository here", env=instead("git", "exit 1"), repaired=True
    ),
    "git cannot sign": Fault(
        WHOLE,
        "git could not commit",
        env=git_config("[user]\nname = A\nemail = a@b.c\n[commit]\ngpgSign = true\n[gpg]\nprogram = /none\n"),
    ),
    "git knows nobody": Fault(WHOLE, "git config user.name", env=git_config(""), repaired=True),
    "no Poetry": Fault(
        WHOLE,
        "pipx install poetry || python3 -m pip install poetry && make setup",
        ("dependency_manager=poetry", *INSTALL),
        without("poetry"),
    ),
    "no uv": Fault(
        WHOLE,
        "pipx install uv || python3 -m pip install uv && make setup",
        ("dependency_manager=uv", *INSTALL),
        without("uv"),
    ),
    "dead proxy, uv": Fault(
        WHOLE, "make setup", ("dependency_manager=uv", *INSTALL), no_network, repaired=True
    ),
    "dead proxy, pip": Fault(
        WHOLE, "make setup", INSTALL, lambda place: no_network(place) | without("uv")(place), repaired=True
    ),
    "uv fails half-way": Fault(
        WHOLE,
        "environment: uv sync: error: half-way",
        ("dependency_manager=uv", *INSTALL),
        instead(
            "uv",
            'case "$1" in sync) mkdir -p .venv; touch .venv/half; echo error: half-way >&2; exit 1; esac\nexec "$REAL" "$@"',
        ),
        repaired=True,
    ),
    "uv is killed": Fault(
        WHOLE, "make setup", ("dependency_manager=uv", *INSTALL), instead("uv", "kill -KILL $$")
    ),
    "uv cannot lock": Fault(
        WHOLE,
        "environment: uv pip: error: no",
        INSTALL,
        instead(
            "uv",
            'case "$*" in *compile*) echo half >requirements-dev.txt; echo error: no >&2; exit 1; esac\nexec "$REAL" "$@"',
        ),
    ),
    "disk full while rendering": Fault(
        NOTHING, "could not be written: File too large", before=small_files(3000)
    ),
    "disk full in the set-up": Fault(WHOLE, "make setup", INSTALL, without("uv"), small_files(400_000)),
    "home cannot be written": Fault(WHOLE, "make run", env=lambda place: {"HOME": "/proc/none"}),
    "home is a file": Fault(WHOLE, "make run", env=lambda place: {"HOME": "/dev/null"}),
    "no temporary folder": Fault(WHOLE, "make run", env=lambda place: {"TMPDIR": "/proc/none"}),
    "ASCII only": Fault(
        WHOLE,
        "make run",
        ("install=false", "project_name=한국 가게 😀", "project_slug=shop"),
        lambda place: {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    ),
    "nobody reads the output": Fault(WHOLE, "", before=lambda: os.close(1)),
    "nobody reads the errors": Fault(WHOLE, "make run", before=lambda: os.close(2)),
    "no input": Fault(WHOLE, "make run", before=lambda: os.close(0)),
}


def test_table_holds_at_least_twenty_faults():
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("name", FAULTS)
def test_project_is_whole_or_nothing_is_left_and_the_panels_commands_work(
    place: Place, whole: set[str], name: str
):
    fault = FAULTS[name]
    env = place.env | fault.env(place)
    words = (
        fault.words
        if any("project_slug" in word for word in fault.words)
        else ("project_name=Shop", *fault.words)
    )
    done = place.run(*words, before=fault.before, **env)
    said = done.stdout + done.stderr
    hold(place, fault.outcome, done.returncode, said, whole)
    assert fault.said in said
    assert fault.outcome == WHOLE or said.count("\n") == 1
    if fault.repaired:
        run_what_is_left(place, done.stdout)


def run_what_is_left(place: Place, said: str) -> None:
    """Run the commands of the panel where nothing is wrong any more."""
    lines = said.partition("Still to do, inside ")[2].partition("\nNext\n")[0].split("\n")[1:]
    commands = [line.strip() for line in lines if line.startswith("  ") and not line.startswith("    ")]
    assert commands
    for command in commands:
        output_of(["sh", "-c", command], cwd=place.target / "shop", env=place.env)
    log = output_of(["git", "log", "--format=%s"], cwd=place.target / "shop", env=place.env)
    assert log == "Start the project\n"
