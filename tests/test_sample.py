"""The sample domain goes, or becomes something else, with the commands that the project's README gives."""

import re
import subprocess
from pathlib import Path

import pytest
from contexts import CONTEXTS, OPTIONS
from project import Project, get
from stack import bake


def small(api: str) -> str:
    """Give the name of a context with this API that needs nothing but Python and a file for its data."""
    wanted = {"api": api, "database": "sqlite", "dependency_manager": "venv"}
    return next(name for name, answers in CONTEXTS.items() if wanted.items() <= answers.items())


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """A clone that may be changed, with the environment of its origin and a database of its own."""
    subprocess.run(["git", "clone", "--quiet", project.path, tmp_path / "copy"], check=True)
    (tmp_path / "copy" / ".venv").symlink_to(project.path / ".venv")
    database = {"DATABASE_URL": f"sqlite:///{tmp_path / 'dev.db'}"}
    clone = Project(tmp_path / "copy", project.answers, database)
    clone.make("setup")
    clone.run(".venv/bin/flask", "seed")
    return clone


def sample_commands(project: Project) -> list[str]:
    """Give the blocks of commands in the README's section about the sample."""
    readme = (project.path / "README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## The sample\n")[2]
    return re.findall(r"^```bash\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def words(project: Project) -> str:
    """Give all that the project's own code and tests say."""
    return project.run("git", "grep", "-hI", "", "--", "app", "tests", "migrations").lower()


@pytest.mark.parametrize("project", [small(api) for api in OPTIONS["api"]], indirect=True)
def test_sample_goes_in_one_paste_and_all_checks_stay_green(copy: Project):
    _, take_out = sample_commands(copy)
    copy.run("bash", "-euo", "pipefail", "-c", take_out)
    assert "note" not in words(copy)
    assert "seed" not in copy.run("make")
    with copy.serving("run") as url:
        page, missing = get(url), get(f"{url}/notes/1")
    assert page.status == 200
    assert "<h1>" in page.text
    assert missing.status == 404


def test_sample_goes_with_all_that_options_add_to_it(tmp_path: Path):
    project = Project(
        bake(tmp_path, "Everything", "install=false", "auth=true", "cache=redis", "jobs=celery"), {}
    )
    _, take_out = sample_commands(project)
    files = take_out[take_out.index("# What holds") : take_out.index("# The lines")]
    project.run("bash", "-euo", "pipefail", "-c", files)
    assert [name for name in project.run("git", "ls-files").splitlines() if "note" in name] == []
    assert "note" not in project.run("git", "grep", "-hI", "", "--", "tests", "migrations").lower()


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_sample_becomes_another_thing_in_one_paste(copy: Project):
    make_tasks, _ = sample_commands(copy)
    copy.run("bash", "-euo", "pipefail", "-c", make_tasks)
    assert "note" not in words(copy)
    with copy.serving("run") as url:
        assert get(f"{url}/api/v1/tasks/").status == 200
