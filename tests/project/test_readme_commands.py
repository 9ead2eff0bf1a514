"""The commands that the READMEs promise, on a machine that has Python, git and make and nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from project import Project, get
from workspace import copy_template

BARE = (
    "python3",
    "git",
    "make",
    "sh",
    "bash",
    "env",
    "awk",
    "find",
    "rm",
    "touch",
    "uname",
    "dirname",
    "sed",
    "cat",
)


@pytest.fixture(scope="module")
def bare_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with little more on it than Python, git and make."""
    folder = tmp_path_factory.mktemp("bin")
    for name in BARE:
        if found := shutil.which(name):
            (folder / name).write_text(f'#!/bin/sh\nexec "{found}" "$@"\n')
            (folder / name).chmod(0o755)
    # A version manager's python3 would look for its own programs on PATH.
    python = subprocess.run(
        ["python3", "-c", "import sys; print(sys.executable)"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    ).stdout.strip()
    (folder / "python3").write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
    return str(folder)


def test_new_makes_a_project_that_runs_and_passes_its_tests(bare_path: str, tmp_path: Path):
    clone = tmp_path / "flask-starter"
    copy_template(clone)
    done = subprocess.run(
        ["make", "new", "ARGS=--no-input -o .."],
        cwd=clone,
        env=os.environ | {"PATH": bare_path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Still to do" not in done.stdout, done.stdout
    project = Project(tmp_path / "my-flask-app", {}, {"PATH": bare_path})
    with project.serving("run") as url:
        assert get(url).status == 200
        assert get(f"{url}/api/v1/notes/").status == 200
    assert " passed" in project.make("test")


def test_python_without_pip_is_named_and_does_not_stand_in_the_way_of_another(tmp_path: Path):
    clone = tmp_path / "flask-starter"
    copy_template(clone)
    broken = tmp_path / "python"
    # What Debian's does without python3-venv: half an environment, and an error.
    broken.write_text(
        '#!/bin/sh\n[ "$1" = -m ] || exit 0\nmkdir -p .venv/bin && ln -sf /bin/true .venv/bin/python\nexit 1\n'
    )
    broken.chmod(0o755)
    done = subprocess.run(
        ["make", "new", f"PYTHON={broken}"], cwd=clone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "apt install python3-venv" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("project", ["defaults", "api", "full"], indirect=True)
def test_colleague_clones_and_needs_one_command(project: Project, tmp_path: Path):
    """The defaults are a venv, the preset api is uv, the preset full is Poetry."""
    subprocess.run(["git", "clone", "--quiet", project.path, tmp_path / "clone"], check=True)
    clone = Project(tmp_path / "clone", project.answers, project.environment)
    with clone.serving("run") as url:
        assert get(url).status == 200
    assert clone.run("git", "status", "--porcelain") == ""


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_check_does_all_at_once_and_leaves_the_tree_clean(project: Project):
    assert " passed" in project.make("check")
    project.make("format")
    assert project.run("git", "status", "--porcelain") == ""


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_make_alone_lists_every_command(project: Project):
    listed = {line.split()[1] for line in project.run("make").splitlines() if line.startswith("  make ")}
    assert listed >= {"setup", "run", "test", "lint", "format", "types", "check", "migrate", "seed"}
