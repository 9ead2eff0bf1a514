"""What every request passes, proved by a project's own pytest: see inside/core/."""

import pytest
from project import Project
from workspace import TEMPLATE

MODULES = sorted((TEMPLATE / "tests/support/inside/core").glob("*.py"))


@pytest.mark.parametrize("project", ["defaults", "full"], indirect=True)
def test_core_behaves(project: Project):
    # With the project's fixtures instead of those of this folder.
    options = ("-c", "pyproject.toml", "--noconftest", "-p", "tests.conftest", "-q")
    assert " passed" in project.run(".venv/bin/python", "-m", "pytest", *options, *map(str, MODULES))
