"""What a server exports and what it waits for, proved by a project's own pytest: see inside/observability/."""

import pytest
from project import Project
from workspace import SUPPORT


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_traces_and_metrics_reach_a_collector_and_wait_for_none(project: Project):
    folder = SUPPORT / "inside/observability"
    # With the project's fixtures instead of those of this folder.
    options = ("-c", "pyproject.toml", "--noconftest", "-p", "tests.conftest", "-q")
    modules = (str(folder / f"{name}.py") for name in ("telemetry", "mailed_links", "mail_traces"))
    command = (".venv/bin/python", "-m", "pytest", *options, *modules)
    assert " passed" in project.run(*command, PYTHONPATH=str(folder))
