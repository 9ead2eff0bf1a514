"""A migration that was published is never edited: projects have applied it."""

import json
from pathlib import Path

import pytest
from contexts import CONTEXTS
from project import Project
from rendering import rendered
from support import TEMPLATE

# For each combination of the options that migrations depend on: each revision, its parent, the schema it leads to.
PUBLISHED = TEMPLATE / "tests/published_migrations.json"


def combinations() -> dict[str, str]:
    """Give a context for each combination."""
    return {
        " ".join(
            name
            for name, on in {
                "auth": answers["auth"],
                "api": answers["api"] != "none",
                "celery": answers["jobs"] == "celery",
                "opentelemetry": answers["observability"] == "opentelemetry",
            }.items()
            if on
        ): context
        for context, answers in CONTEXTS.items()
    }


def migrations(project: Project, folder: Path) -> dict[str, list[str]]:
    """Give what a project's migrations lead to."""
    script = str(TEMPLATE / "tests/inside/published.py")
    return json.loads(project.run(".venv/bin/python", script, str(folder / "migrations")))


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_published_migrations_are_as_they_were(project: Project):
    """A new one is added to the file, and no other line of it changes."""
    seen = {key: migrations(project, rendered(context)) for key, context in combinations().items()}
    assert seen == json.loads(PUBLISHED.read_text())
