"""The same answers give the same project, byte for byte; only the secret in .env is another one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from contexts import OPTIONS
from workspace import Place

HOSTILE = 'O\'Neil "the" \\ 한국 😀 """ $(touch x) << 7*7 >>'


def difference(one: Path, other: Path) -> list[str]:
    """Return what `diff -r` says beside .env and git's own files."""
    command = ["diff", "-r", "--exclude=.env", "--exclude=.git", "--exclude=.venv", "--exclude=instance"]
    done = subprocess.run([*command, "--exclude=__pycache__", one, other], capture_output=True, text=True)
    assert done.returncode < 2, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def places(tmp_path: Path) -> list[Place]:
    """Return two users' places."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return [Place(tmp_path / name) for name in ("one", "two")]


@pytest.mark.parametrize("manager", OPTIONS["dependency_manager"])
def test_two_runs_differ_in_the_secret_alone(places: list[Place], manager: str):
    # Poetry's lock takes long and is made by one and the same run of Poetry; the others lock here.
    install = "install=false" if manager == "poetry" else "install=true"
    words = ("project_name=Shop", f"description={HOSTILE}", f"dependency_manager={manager}", install)
    for place in places:
        done = place.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Still to do" not in done.stdout, done.stdout
    one, two = (place.target / "shop" for place in places)
    assert difference(one, two) == []
    assert (one / ".env").read_bytes() != (two / ".env").read_bytes()
    without_secret = [
        re.sub(rb"(?m)^SECRET_KEY=.*$", b"", (each / ".env").read_bytes()) for each in (one, two)
    ]
    assert without_secret[0] == without_secret[1]


def test_difference_is_noticed(places: list[Place]):
    for place in places:
        (place.target / "README.md").write_text(place.root.name)
    assert difference(*(place.target for place in places)) != []


@pytest.mark.parametrize(
    "words",
    [
        ("project_name=Shop",),
        ("project_name=Shop", "-o", "other projects"),
        (f"project_name={HOSTILE}", "project_slug=shop", f"description={HOSTILE}", f"author_name={HOSTILE}"),
        ("project_name=Shop", "api=v1-v2", "license=gpl-3.0", "database=postgresql", "domain_name=shop.kr"),
    ],
    ids=["defaults", "elsewhere", "hostile", "choices"],
)
def test_repeat_command_pasted_into_a_shell_gives_the_same_project(
    places: list[Place], words: tuple[str, ...]
):
    first, second = places
    said = first.run(*words, "install=false", PWD=str(first.target)).stdout
    command = said.split("Repeat without questions\n")[1]
    pasted = f'cookiecutter() {{ {sys.executable} -m cookiecutter "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-c", pasted], cwd=second.target, env=second.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert difference(first.target, second.target) == []
    assert done.stdout.split("without questions\n")[1] == command
