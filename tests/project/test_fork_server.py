"""The programs that tests run in forks behave as those that start anew."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fork_server import PROGRAMS_WITHOUT, ForkServers
from project import Project
from workspace import outcome_of

pytestmark = pytest.mark.parametrize("project", ["minimal"], indirect=True)
FLASK, PYTHON = ".venv/bin/flask", (".venv/bin/python", "-c")
PID = (*PYTHON, "import os; print(os.getppid())")


@pytest.fixture(scope="module")
def servers(project: Project) -> Iterator[ForkServers]:
    """Servers that run every program of the project from now on."""
    servers = ForkServers()
    servers.allow(project.path)
    servers.programs[(project.path / ".venv").resolve()] = PROGRAMS_WITHOUT
    yield servers
    servers.stop(project.path)


def forked(servers: ForkServers, project: Project, *command: str, **variables: str) -> tuple[int, str] | None:
    """Run a program in a fork."""
    return servers.run(command, project.path, os.environ | project.environment, variables)


@pytest.mark.parametrize(
    "command",
    [
        (FLASK, "db", "current"),
        (FLASK, "nothing"),
        (FLASK, "routes", "--help"),
        (PYTHON[0], "-m", "scripts.backup_data", "restore", "nothing"),
        (*PYTHON, "import sys, app; print(sys.argv, sys.stdin.read()); sys.exit('no')", "-x", "y"),
        (
            *PYTHON,
            "import os; print(os.getcwd(), sorted(set(os.environ) - {'_', 'LINES', 'COLUMNS'}), __name__)",
        ),
    ],
)
def test_exit_code_and_output_are_the_same(servers: ForkServers, project: Project, command: tuple[str, ...]):
    variables = os.environ | project.environment
    assert forked(servers, project, *command) == outcome_of(command, cwd=project.path, env=variables)


def test_nothing_of_a_program_reaches_the_next(servers: ForkServers, project: Project):
    changed = "import os, app; app.forked = os.environ['FORKED'] = '1'; os.chdir('/')"
    assert forked(servers, project, *PYTHON, changed, SECRET="1") == (0, "")
    seen = (
        "import os, app; print(hasattr(app, 'forked'), {'FORKED', 'SECRET'} & set(os.environ), os.getcwd())"
    )
    assert forked(servers, project, *PYTHON, seen) == (0, f"False set() {project.path}\n")


def test_two_at_once_run_beside_each_other(servers: ForkServers, project: Project):
    assert forked(servers, project, *PID) == forked(servers, project, *PID) != (0, f"{os.getpid()}\n")
    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(forked, servers, project, *PYTHON, "import time; time.sleep(2)")
        while not servers.one_at_a_time.locked():
            pass
        assert forked(servers, project, *PID) is None
        assert waiting.result() == (0, "")


def test_what_has_to_start_anew_does(servers: ForkServers, project: Project):
    assert forked(servers, project, *PID, PYTHONDEVMODE="1") is None
    assert forked(servers, project, ".venv/bin/pytest", "--version") is None
    servers.programs.clear()
    assert [forked(servers, project, *PID) is None for _ in range(3)] == [True, True, False]


def test_program_that_hangs_is_ended(servers: ForkServers, project: Project):
    hanging = [*PYTHON, "import time; time.sleep(60)"]
    with pytest.raises(TimeoutError, match="took more than"):
        servers.run(hanging, project.path, os.environ | project.environment, {}, timeout=0.5)
    assert forked(servers, project, *PYTHON, "print(1)") == (0, "1\n")
