"""What can be used once is used once, however many requests want it at the same moment."""

from pathlib import Path

import pytest
from postgres import Postgres
from project import Project
from workspace import TEMPLATE

RACES = TEMPLATE / "tests/support/inside/accounts/races.py"


@pytest.mark.parametrize("project", ["full"], indirect=True)
@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_single_use_things_are_used_once(
    project: Project, postgres: Postgres, request: pytest.FixtureRequest, tmp_path: Path, database: str
):
    url = postgres.create_database("races") if database == "postgresql" else f"sqlite:///{tmp_path}/races.db"
    options = ("-c", "pyproject.toml", "--noconftest", "-p", "tests.conftest", "-q")
    rounds = str(request.config.getoption("--walks") or 20)
    said = project.run(
        ".venv/bin/python", "-m", "pytest", *options, str(RACES), TEST_DATABASE_URL=url, ROUNDS=rounds
    )
    assert " passed" in said


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_malformed_requests_are_no_server_errors(project: Project):
    options = ("-c", "pyproject.toml", "--noconftest", "-p", "tests.conftest", "-q")
    said = project.run(".venv/bin/python", "-m", "pytest", *options, str(RACES.with_name("malformed.py")))
    assert " passed" in said
