"""The tree before rendering is a Flask application itself, with every option on."""

import compileall
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from project import Project
from support import TEMPLATE

TREE = TEMPLATE / "<<cookiecutter.project_slug>>"
# Where an answer may decide about lines; everywhere else it decides about whole files.
SEAMS = {
    ".env.example",
    # A service or a job that another answer asks for.
    ".github/dependabot.yml",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "AGENTS.md",
    "Dockerfile",
    "LICENSE",
    "Makefile",
    "README.md",
    "app/__init__.py",
    "app/blueprints/api/__init__.py",
    "app/config.py",
    "deploy/k8s/README.md",
    "compose.dev.yaml",
    "compose.yaml",
    "deploy/compose/README.md",
    "deploy/compose/prepare.sh",
    "pyproject.toml",
    # Say what the chosen server can do, wait on a socket for example, and what it needs on the host.
    "deploy/systemd/README.md",
    "deploy/systemd/web.service",
    # Carry the chosen manager's steps and no other's.
    "deploy/systemd/install.sh",
    "scripts/bootstrap.py",
    "tests/test_bootstrap_trouble.py",
}
# It runs alone, before anything is installed, as a script and as a module of the hook.
LONG = {"<<cookiecutter.project_slug>>/scripts/bootstrap.py"}


def files(folder: Path = TREE) -> list[Path]:
    """Give the files of the tree that are, or will be, under version control."""
    command = ["git", "ls-files", "-zco", "--exclude-standard"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return [folder / name for name in listed.strip("\0").split("\0")]


def test_every_python_file_compiles(tmp_path: Path):
    copy = shutil.copytree(TREE, tmp_path / "tree")
    assert compileall.compile_dir(copy, quiet=1, force=True)


def test_only_the_seams_branch():
    branching = {
        path.relative_to(TREE).as_posix()
        for path in files()
        if re.search(r"# <% *(if|for|elif)", path.read_text(encoding="utf-8"))
    }
    assert branching <= SEAMS, "give the option a file of its own, or add the file to SEAMS with a reason"


def test_nothing_needs_the_raw_escape():
    assert not [path for path in files() if re.search(r"{% *raw|<% *raw", path.read_text(encoding="utf-8"))]


def test_modules_are_short_enough_to_read():
    """The template's own tests and tools, too."""
    long = {
        path.relative_to(TEMPLATE).as_posix(): n
        for path in files(TEMPLATE)
        if path.suffix == ".py" and (n := len(path.read_text(encoding="utf-8").splitlines())) > 200
    }
    assert set(long) == LONG, long


def test_links_lead_nowhere_inside_the_tree():
    assert not [path for path in files() if path.is_symlink()]


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_own_tests_pass_in_place(project: Project, tmp_path: Path):
    """An editor that opens the tree sees an application that imports and passes its tests."""
    copy = Path(shutil.copytree(TREE, tmp_path / "tree"))
    python = project.path / ".venv" / "bin" / "python"
    deselected = [
        "--ignore=tests/test_bootstrap.py",
        "--ignore=tests/test_bootstrap_trouble.py",
        *(f"--ignore={path}" for path in copy.glob("tests/test_serve_*")),
    ]
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *deselected],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
