"""Set-up as owners meet it: broken launchers, moved folders, old locks, other environments, databases that are there."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from project import Project
from workspace import Place, missing

# Each is made once: a worker takes all tests of a manager, or of the moved project.
MANAGERS = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"setup-{name}")) for name in ("venv", "uv", "poetry")
]
moved_group = pytest.mark.xdist_group("setup-moved")
# What pyenv puts on the PATH for a program that another of its versions has.
SHIM = """#!/bin/sh
echo "pyenv: {name}: command not found" >&2
echo "The \\`{name}' command exists in these Python versions:" >&2
echo "  3.12.1" >&2
echo "Note: See 'pyenv help global' for tips on allowing both python2 and python3 to be found." >&2
exit 127
"""
PACKAGE = "wcwidth"
MIGRATION = '''"""A change that its author wants to read before it is applied."""

revision = "9999"
down_revision = "{head}"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
'''


def make_project(place: Place, manager: str, *words: str, **variables: str) -> tuple[Project, str]:
    """Bake a project in `place`; return it and what was printed."""
    if manager == "poetry" and not shutil.which("poetry"):
        missing("Poetry")
    done = place.run("project_name=Shop", f"dependency_manager={manager}", *words, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return Project(place.target / "shop", {}, place.env), done.stdout


class Made(NamedTuple):
    """A project that is set up.

    Parameters:
        project: it.
        said: what was printed while it was made.
    """

    project: Project
    said: str


@pytest.fixture(scope="module", params=MANAGERS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A project that is set up by each manager where the first program of its name does not run."""
    place = Place(tmp_path_factory.mktemp("made"))
    if request.param == "venv":
        path = only_launcher(place.root / "bin", "uv")
    else:
        path = launcher(place.root / "shims", request.param)
    return Made(*make_project(place, request.param, PATH=path))


@pytest.fixture(scope="module")
def cloned(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A fresh clone that is set up in a shell whose variables are for another environment, `other` beside it."""
    folder = tmp_path_factory.mktemp("cloned")
    other = folder / "other"
    subprocess.run(["python3", "-m", "venv", "--without-pip", other], check=True)
    (folder / "path/flask").mkdir(parents=True)
    (folder / "path/flask/__init__.py").write_text("raise RuntimeError('another Flask')")
    (folder / "before").write_text(repr(files(other)))
    subprocess.run(["git", "clone", "--quiet", made.project.path, folder / "clone"], check=True)
    clone = Project(folder / "clone", {}, made.project.environment)
    shell = {
        **dict.fromkeys(("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT"), str(other)),
        **dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), str(other / "pip")),
        "PIP_PYTHON": str(other / "bin/python"),
        "PIP_USER": "1",
        "PYTHONPATH": str(folder / "path"),
        "POETRY_VIRTUALENVS_IN_PROJECT": "false",
        "POETRY_VIRTUALENVS_CREATE": "false",
        "UV_SYSTEM_PYTHON": "1",
    }
    return Made(clone, clone.make("seed", **shell))


@pytest.fixture(scope="module")
def copied(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A copy of the whole folder, whose environment is updated after a package was added to pyproject.toml."""
    folder = tmp_path_factory.mktemp("copied") / "copy"
    copy = Project(
        Path(shutil.copytree(made.project.path, folder, symlinks=True)), {}, made.project.environment
    )
    path = folder / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    added = text.replace("dependencies = [\n", f'dependencies = [\n    "{PACKAGE}",\n', 1)
    path.write_text(added, encoding="utf-8")
    return Made(copy, copy.make("environment"))


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is set up by the quickest manager and then moved."""
    place = Place(tmp_path_factory.mktemp("moved"))
    project, _ = make_project(place, "uv")
    return Project(project.path.rename(place.target / "a shop, 한국 & it's"), {}, project.environment)


@pytest.fixture
def restored(moved: Project, tmp_path: Path) -> Iterator[Project]:
    """The moved project, whose database and files are restored afterwards."""
    moved.make("environment")
    database = moved.path / "instance/dev.db"
    shutil.copy(database, tmp_path)
    yield moved
    moved.run("git", "checkout", "--quiet", ".")
    moved.run("git", "clean", "--quiet", "--force", "migrations")
    shutil.copy(tmp_path / "dev.db", database)


def launcher(folder: Path, name: str) -> str:
    """Return a PATH that begins with a launcher that does not run."""
    folder.mkdir()
    (folder / name).write_text(SHIM.format(name=name))
    (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def only_launcher(folder: Path, *names: str) -> str:
    """Return a PATH on which `names` are launchers that do not run, and nowhere else."""
    folder.mkdir()
    for place in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in place.iterdir() if place.is_dir() else ():
            if not (folder / program.name).is_symlink():
                (folder / program.name).symlink_to(program)
    for name in names:
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_text(SHIM.format(name=name))
        (folder / name).chmod(0o755)
    return str(folder)


def files(folder: Path) -> list[Path]:
    """Return the files in `folder`, without bytecode."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")


def imports(project: Project, module: str) -> bool:
    """Tell whether the project's environment has a module."""
    return subprocess.run([project.path / ".venv/bin/python", "-I", "-c", f"import {module}"]).returncode == 0


def revision(project: Project) -> str:
    """Return the revision of the development database."""
    said = project.run(".venv/bin/flask", "db", "current")
    return re.findall(r"^(\w+)(?: \(head\))?$", said, re.MULTILINE)[-1]


def draft(project: Project) -> str:
    """Write a migration, and return the revision before it."""
    before = revision(project)
    path = project.path / "migrations/versions/9999_draft.py"
    path.write_text(MIGRATION.format(head=before))
    return before


def test_launcher_that_does_not_run_gives_way_to_the_program_behind_it_or_to_pip(made: Made):
    assert "Still to do" not in made.said, made.said


def test_missing_manager_is_named_with_the_line_that_says_why_and_a_command_that_works(place: Place):
    path = only_launcher(place.root / "bin", "uv", "pipx")
    subprocess.run(["python3", "-m", "venv", place.root / "python"], check=True)
    project, said = make_project(place, "uv", PATH=path)
    assert "pyenv: uv: command not found" in said
    command = re.search(r"^ +(.* && make setup)$", said, re.MULTILINE)
    assert command, said
    # What `python3 -m pip` installs for goes last, so that the launcher is met first.
    repaired = f"{path}{os.pathsep}{place.root / 'python/bin'}"
    (place.root / "bin" / "python3").unlink()
    project.run("sh", "-c", command[1], PATH=repaired)
    assert imports(project, "flask")


def test_copy_of_the_folder_gets_an_environment_of_its_own(made: Made, copied: Made):
    assert str(copied.project.path) in (copied.project.path / ".venv/bin/flask").read_text()
    assert imports(copied.project, PACKAGE)
    assert not imports(made.project, PACKAGE)
    assert str(made.project.path) in (made.project.path / ".venv/bin/flask").read_text()


def test_lock_that_is_older_than_pyproject_is_updated(copied: Made):
    copy = copied.project
    assert ("pinning packages" in copied.said) != (copy.path / "uv.lock").exists()  # uv pins without a word
    changed = {line[3:] for line in copy.run("git", "status", "--porcelain").splitlines()}
    assert "pyproject.toml" in changed
    assert len(changed) > 1
    # The versions of all others stay.
    removed = [
        line for line in copy.run("git", "diff", "-U0").splitlines() if re.match(r"-\S+==|-version", line)
    ]
    assert removed == []
    assert copy.make("environment") == ""


def test_what_a_shell_has_set_for_another_environment_makes_no_difference(cloned: Made):
    folder = cloned.project.path.parent
    assert repr(files(folder / "other")) == (folder / "before").read_text()
    assert imports(cloned.project, "flask")


def test_lock_of_a_clone_is_taken_as_it_is(cloned: Made):
    assert "installing packages" in cloned.said
    assert "pinning" not in cloned.said
    assert cloned.project.run("git", "status", "--porcelain") == ""


@moved_group
def test_moved_folder_works_by_the_next_command(moved: Project):
    moved.make("seed")
    assert moved.make("environment") == ""


@moved_group
@pytest.mark.parametrize("target", ["format", "lint", "environment", "setup"])
def test_migration_is_applied_by_none_but_migrate(restored: Project, target: str):
    before = draft(restored)
    restored.make(target)
    assert revision(restored) == before


@moved_group
def test_migrate_applies_it_and_setup_makes_a_database_where_there_is_none(restored: Project):
    draft(restored)
    restored.make("migrate")
    assert revision(restored) == "9999"
    (restored.path / "instance/dev.db").unlink()
    restored.make("setup")
    assert revision(restored) == "9999"


@moved_group
def test_import_error_of_the_application_is_what_set_up_says(restored: Project):
    (restored.path / "instance/dev.db").unlink()
    module = restored.path / "app/cli.py"
    module.write_text(module.read_text().replace("import click\n", "import click\nimport nosuch\n"))
    said = restored.make("setup")
    assert "ModuleNotFoundError: No module named 'nosuch'" in said
    assert "No such command" not in said


def test_check_needs_no_database_server(place: Place):
    url = "postgresql+psycopg://shop:shop@127.0.0.1:9/shop"
    project, _ = make_project(place, "uv", "database=postgresql", DATABASE_URL=url)
    said = project.run("make", "check", DATABASE_URL=url)
    assert re.search(r"^=+ \d+ passed.*=+$", said, re.MULTILINE), said
    assert "refused" not in said


def test_python_that_is_too_old_is_named(place: Place):
    project, _ = make_project(place, "venv", "install=false")
    old = place.root / "python"
    script = 'import sys, runpy; sys.version_info = (3, 10, 0); sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], None, "__main__")'
    old.write_text(f"#!/bin/sh\nexec python3 -c '{script}' \"$@\"\n")
    old.chmod(0o755)
    said = project.run("make", "setup", f"PYTHON={old}", check=False)
    assert "Python 3.10 is too old, 3.11 is needed\n      then: make setup PYTHON=" in said


def test_editors_find_what_the_makefile_makes(made: Made):
    for configuration in json.loads((made.project.path / ".vscode/launch.json").read_text())[
        "configurations"
    ]:
        assert imports(made.project, configuration.get("module", "os"))
    container = json.loads((made.project.path / ".devcontainer/devcontainer.json").read_text())
    assert container["postCreateCommand"].endswith("make setup")
    assert container["image"].partition(":")[2] in (made.project.path / "Dockerfile").read_text()
    assert {".vscode/launch.json", ".devcontainer/devcontainer.json"} <= set(
        made.project.run("git", "ls-files").split()
    )
