"""Set-up as owners meet it: broken launchers, moved folders, old locks, other environments, databases that are there."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from project import Project
from workspace import Place, missing

MANAGERS = ("venv", "uv", "poetry")
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


@pytest.fixture(scope="module", params=MANAGERS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is set up, by each manager."""
    project, said = make_project(Place(tmp_path_factory.mktemp("made")), request.param)
    assert "Still to do" not in said, said
    return project


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is set up, with the quickest manager."""
    return make_project(Place(tmp_path_factory.mktemp("sqlite")), "uv")[0]


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


def clone(project: Project, folder: Path) -> Project:
    """Return a fresh clone."""
    subprocess.run(["git", "clone", "--quiet", project.path, folder], check=True)
    return Project(folder, {}, project.environment)


def require(project: Project, package: str) -> None:
    """Add a package to pyproject.toml and not to the lock."""
    path = project.path / "pyproject.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("dependencies = [\n", f'dependencies = [\n    "{package}",\n', 1), encoding="utf-8"
    )


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


@pytest.mark.parametrize("manager", ["uv", "poetry"])
def test_launcher_that_does_not_run_gives_way_to_the_program_behind_it(place: Place, manager: str):
    _, said = make_project(place, manager, PATH=launcher(place.root / "shims", manager))
    assert "Still to do" not in said, said


def test_launcher_of_uv_alone_leaves_a_venv_to_pip(place: Place):
    _, said = make_project(place, "venv", PATH=only_launcher(place.root / "bin", "uv"))
    assert "Still to do" not in said, said


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


def test_copy_of_the_folder_gets_an_environment_of_its_own(made: Project, tmp_path: Path):
    before = (made.path / ".venv").stat().st_mtime_ns, sorted((made.path / ".venv/bin").iterdir())
    copy = Project(Path(shutil.copytree(made.path, tmp_path / "copy", symlinks=True)), {}, made.environment)
    require(copy, PACKAGE)
    copy.make("environment")
    assert str(copy.path) in (copy.path / ".venv/bin/flask").read_text()
    assert imports(copy, PACKAGE)
    assert not imports(made, PACKAGE)
    assert before == ((made.path / ".venv").stat().st_mtime_ns, sorted((made.path / ".venv/bin").iterdir()))


def test_moved_folder_works_by_the_next_command(place: Place):
    project, _ = make_project(place, "uv")
    moved = Project(project.path.rename(place.target / "a shop, 한국 & it's"), {}, project.environment)
    moved.make("seed")
    assert "environment" not in moved.make("environment")


def test_what_a_shell_has_set_for_another_environment_makes_no_difference(made: Project, tmp_path: Path):
    other = tmp_path / "other"
    subprocess.run(["python3", "-m", "venv", other], check=True)
    (tmp_path / "path/flask").mkdir(parents=True)
    (tmp_path / "path/flask/__init__.py").write_text("raise RuntimeError('another Flask')")
    before = files(other)
    copy = clone(made, tmp_path / "clone")
    shell = {
        **dict.fromkeys(("VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT"), str(other)),
        **dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), str(other / "pip")),
        "PIP_PYTHON": str(other / "bin/python"),
        "PIP_USER": "1",
        "PYTHONPATH": str(tmp_path / "path"),
        "POETRY_VIRTUALENVS_IN_PROJECT": "false",
        "POETRY_VIRTUALENVS_CREATE": "false",
        "UV_SYSTEM_PYTHON": "1",
    }
    copy.make("seed", **shell)
    assert files(other) == before


def test_lock_that_is_older_than_pyproject_is_renewed_and_said(made: Project, tmp_path: Path):
    copy = clone(made, tmp_path / "clone")
    require(copy, PACKAGE)
    said = copy.make("environment")
    assert "was older than pyproject.toml and has been updated" in said
    assert imports(copy, PACKAGE)
    changed = {line[3:] for line in copy.run("git", "status", "--porcelain").splitlines()}
    assert "pyproject.toml" in changed
    assert len(changed) > 1
    # The versions of all others stay.
    removed = [
        line for line in copy.run("git", "diff", "-U0").splitlines() if re.match(r"-\S+==|-version", line)
    ]
    assert removed == []
    assert copy.make("environment") == ""


def test_lock_of_a_clone_is_taken_as_it_is(made: Project, tmp_path: Path):
    copy = clone(made, tmp_path / "clone")
    assert "renewed" not in copy.make("environment")
    assert copy.run("git", "status", "--porcelain") == ""


@pytest.mark.parametrize("target", ["format", "lint", "environment", "setup"])
def test_migration_is_applied_by_none_but_migrate(sqlite: Project, target: str):
    before = revision(sqlite)
    path = sqlite.path / "migrations/versions/9999_draft.py"
    path.write_text(MIGRATION.format(head=before))
    try:
        sqlite.make(target)
        assert revision(sqlite) == before
    finally:
        path.unlink()


def test_migrate_applies_it_and_setup_makes_a_database_where_there_is_none(place: Place):
    project, _ = make_project(place, "uv")
    before = revision(project)
    (project.path / "migrations/versions/9999_draft.py").write_text(MIGRATION.format(head=before))
    project.make("migrate")
    assert revision(project) == "9999"
    (project.path / "instance/dev.db").unlink()
    project.make("setup")
    assert revision(project) == "9999"


def test_import_error_of_the_application_is_what_set_up_says(place: Place):
    project, _ = make_project(place, "uv")
    (project.path / "instance/dev.db").unlink()
    module = project.path / "app/cli.py"
    module.write_text(module.read_text().replace("import click\n", "import click\nimport nosuch\n"))
    said = project.make("setup")
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


def test_editors_find_what_the_makefile_makes(made: Project):
    for configuration in json.loads((made.path / ".vscode/launch.json").read_text())["configurations"]:
        assert imports(made, configuration.get("module", "os"))
    container = json.loads((made.path / ".devcontainer/devcontainer.json").read_text())
    assert container["postCreateCommand"].endswith("make setup")
    assert container["image"].partition(":")[2] in (made.path / "Dockerfile").read_text()
    assert {".vscode/launch.json", ".devcontainer/devcontainer.json"} <= set(
        made.run("git", "ls-files").split()
    )
