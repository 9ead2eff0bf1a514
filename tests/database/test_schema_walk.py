"""Walks through changes of the schema: no row is lost that a change does not drop, upwards and downwards."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from project import Project
from schema_changes import CHANGES, FIRST_TABLES, changes
from workspace import SUPPORT

# The first create the tables; all other kinds of change follow.
STEPS = FIRST_TABLES + len(CHANGES) - 1
DRIVER = SUPPORT / "inside/schema_steps.py"

Places = dict[tuple[int, int], tuple[str, str]]
on_both = pytest.mark.parametrize("project", ["defaults", "api"], indirect=True)


class Walker:
    """A clone of a project, whose models and migrations are as they were when a walk begins.

    Parameters:
        project: the clone.
        new_database: returns the URL of an empty database.
        test_database: the variable that names the database of the project's own tests.
    """

    def __init__(
        self, project: Project, new_database: Callable[[], str], test_database: dict[str, str]
    ) -> None:
        self.project = project
        self.new_database = new_database
        self.test_database = test_database

    def walk(self, draw: Callable[[st.SearchStrategy[Any]], Any], log: Path) -> None:
        """Make changes one after the other."""
        self.project.run("git", "clean", "--quiet", "--force", "migrations", "app")
        self.project.run("git", "checkout", "--quiet", ".")
        url = self.new_database()
        self.project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
        self.project.run(".venv/bin/flask", "seed", DATABASE_URL=url)
        path = []
        with log.open("w") as output, self.start(output, url) as driver:
            for kind, before, after, change in changes(draw, STEPS):
                path.append(kind)
                message = {"models": after.text(), "by_hand": change.by_hand, "edits": change.edits}
                driver.stdin.write(json.dumps(message) + "\n")
                driver.stdin.flush()
                stages = json.loads(driver.stdout.readline() or "null")
                assert stages, f"{' '.join(path)}\n{log.read_text()[-5000:]}"
                assert losses(stages, before.places(), after.places()) == [], " ".join(path)
        print(" ".join(path))

    def start(self, output: Any, url: str) -> "subprocess.Popen[str]":
        """Start the program that makes the changes."""
        return subprocess.Popen(
            [self.project.path / ".venv/bin/python", "-c", DRIVER.read_text("utf-8")],
            cwd=self.project.path,
            env=os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        )

    def run_own_tests(self) -> None:
        """Run the tests of the project that concern migrations, with all models and migrations."""
        package = self.project.path / "app/models/__init__.py"
        package.write_text(f"{package.read_text('utf-8')}from . import shapes as shapes\n", "utf-8")
        said = self.project.run(
            ".venv/bin/pytest", "-q", "tests/core/test_migrations.py", **self.test_database
        )
        assert " skipped" not in said


@pytest.fixture
def walker(project: Project, request: pytest.FixtureRequest, tmp_path: Path) -> Walker:
    """A clone and its databases."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", project.path, clone], check=True)
    (clone / ".venv").symlink_to(project.path / ".venv")
    shutil.copyfile(project.path / ".env", clone / ".env")
    numbers = itertools.count()
    if project.answers["database"] == "sqlite":
        return Walker(
            Project(clone, project.answers), lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}", {}
        )
    postgres = request.getfixturevalue("postgres")
    return Walker(
        Project(clone, project.answers),
        lambda: postgres.create_database("walk"),
        {"TEST_DATABASE_URL": postgres.create_database("walk-tests")},
    )


def losses(stages: dict[str, Any], was: Places, now: Places) -> list[str]:
    """Return what a change has lost, upwards, downwards or upwards again.

    Parameters:
        stages: the rows and the schema before, and after each of the three.
        was: where the models have the columns before.
        now: where they have them afterwards.
    """
    old, schema = stages["before"]
    found = []
    for stage, places in {"up": now, "down": was, "again": now}.items():
        rows = stages[stage][0]
        if rows["notes"] != old["notes"]:
            found.append(f"{stage}: notes")
        for column in was.keys() & now.keys():
            (table, name), (old_table, old_name) = places[column], was[column]
            new, known = rows[table][name], old[old_table][old_name]
            # What was NULL may have got a value.
            if new.keys() != known.keys() or any(known[row] not in ("None", new[row]) for row in known):
                found.append(f"{stage}: {old_table}.{old_name}")
    if stages["down"][1] != schema:
        found.append("down: schema")
    if stages["again"][1] != stages["up"][1]:
        found.append("again: schema")
    return found


@on_both
def test_walk_through_schema_changes_loses_nothing(
    walker: Walker, request: pytest.FixtureRequest, tmp_path: Path
):
    walks = request.config.getoption("--walks")

    # One meets every kind of change, and is the same one each time.
    @settings(
        max_examples=walks or 1,
        derandomize=not walks,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        walker.walk(data.draw, tmp_path / "log")

    walk()
    walker.run_own_tests()
