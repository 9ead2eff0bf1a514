"""A migration that was published is never edited: projects have applied it."""

import json
from itertools import product
from pathlib import Path

import pytest
from contexts import CONTEXTS
from project import Project
from workspace import TEMPLATE, cookiecutter

# For each combination of the answers that migrations depend on: each revision, its parent, the schema it leads to.
PUBLISHED = TEMPLATE / "tests/support/published_migrations.json"
ANSWERS = {
    "auth": {"auth": True},
    "api": {"api": "v1"},
    "celery": {"jobs": "celery"},
    "opentelemetry": {"observability": "opentelemetry"},
}
OFF = {"auth": False, "api": "none", "jobs": "none", "observability": "logs"}


def rendered(folder: Path, names: list[str]) -> Path:
    """Render the defaults with some answers, and give the folder of migrations."""
    answers = CONTEXTS["defaults"] | OFF | {"install": False}
    for name in names:
        answers |= ANSWERS[name]
    folder.mkdir()
    done = cookiecutter(folder, *(f"{name}={value}" for name, value in answers.items()))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / answers["project_slug"] / "migrations"


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_published_migrations_are_as_they_were(project: Project, tmp_path: Path):
    """A new one is added to the file, and no other line of it changes."""
    combinations = [
        [name for name, on in zip(ANSWERS, wanted, strict=True) if on]
        for wanted in product((False, True), repeat=len(ANSWERS))
    ]
    folders = [str(rendered(tmp_path / "-".join(["project", *names]), names)) for names in combinations]
    script = str(TEMPLATE / "tests/support/inside/published.py")
    found = json.loads(project.run(".venv/bin/python", script, *folders))
    seen = {" ".join(names): each for names, each in zip(combinations, found, strict=True)}
    assert seen == json.loads(PUBLISHED.read_text())
