"""The programs that tests run in forks behave as those that start anew."""

import fcntl
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fork_server import STARTED_ANEW, ForkServers
from project import Project
from workspace import outcome_of

pytestmark = pytest.mark.parametrize("project", ["minimal"], indirect=True)
FLASK, PYTHON = ".venv/bin/flask", (".venv/bin/python", "-c")
PARENT = (*PYTHON, "import os; print(os.getppid())")


@pytest.fixture(scope="module")
def servers(project: Project) -> Iterator[ForkServers]:
    """Servers that run every program of the project from now on."""
    servers = ForkServers()
    servers.allow(project.path)
    servers.programs[(project.path / ".venv").resolve()] = STARTED_ANEW
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
        (*PYTHON, "import os, sys; print(os.getcwd(), sorted(os.environ.items()), __name__, sys.path[0])"),
        (*PYTHON, "import sys, app; print(sys.executable, sys.prefix, sys.modules['__main__'].__name__)"),
    ],
)
def test_exit_code_and_output_are_the_same(servers: ForkServers, project: Project, command: tuple[str, ...]):
    variables = os.environ | project.environment
    assert forked(servers, project, *command) == outcome_of(command, cwd=project.path, env=variables)


def test_packages_are_there_and_the_project_is_not(servers: ForkServers, project: Project):
    loaded = "import sys; print('app' in sys.modules, 'flask' in sys.modules, 'sqlalchemy' in sys.modules)"
    assert forked(servers, project, *PYTHON, loaded) == (0, "False True True\n")


def test_nothing_of_a_program_reaches_the_next(servers: ForkServers, project: Project):
    changed = "import os; os.environ['FORKED'] = '1'; os.chdir('/')"
    assert forked(servers, project, *PYTHON, changed, SECRET="1") == (0, "")
    seen = "import os; print({'FORKED', 'SECRET'} & set(os.environ), os.getcwd())"
    assert forked(servers, project, *PYTHON, seen) == (0, f"set() {project.path}\n")


def test_edit_is_seen_however_soon(servers: ForkServers, copy: Project):
    """Python takes bytecode for that of a file with the same size and the same second."""
    for number in range(5):
        (copy.path / "app/edited.py").write_text(f"NUMBER = {number}\n")
        said = forked(servers, copy, *PYTHON, "from app import edited; print(edited.NUMBER)")
        assert said == (0, f"{number}\n")


def test_two_at_once_run_beside_each_other(servers: ForkServers, project: Project):
    assert forked(servers, project, *PARENT) == forked(servers, project, *PARENT) != (0, f"{os.getpid()}\n")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(forked, servers, project, *PYTHON, "import time; time.sleep(2)")
        while not servers.one_at_a_time.locked() and not waiting.done():
            time.sleep(0.01)
        assert forked(servers, project, *PARENT) is None
        assert waiting.result() == (0, "")


def test_what_has_to_start_anew_does(servers: ForkServers, project: Project):
    assert forked(servers, project, *PARENT, PYTHONDEVMODE="1") is None
    assert forked(servers, project, ".venv/bin/pytest", "--version") is None
    assert servers.run(PARENT, project.path, os.environ | {"TZ": "Nowhere"}, {}) is None
    servers.programs.clear()
    assert [forked(servers, project, *PARENT) is None for _ in range(3)] == [True, True, False]


def test_program_that_hangs_is_ended(servers: ForkServers, project: Project, tmp_path: Path):
    held = tmp_path / "held"
    hanging = f"import fcntl, time; file = open({str(held)!r}, 'w'); fcntl.flock(file, 2); time.sleep(60)"
    variables = os.environ | project.environment
    with pytest.raises(TimeoutError, match="took more than"):
        servers.run([*PYTHON, hanging], project.path, variables, {}, timeout=5)
    # Its lock ends with it.
    started = time.monotonic()
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert time.monotonic() - started < 30
    assert forked(servers, project, *PYTHON, "print(1)") == (0, "1\n")


def test_server_that_ends_is_no_answer(servers: ForkServers, project: Project):
    with pytest.raises(RuntimeError, match="has ended"):
        forked(servers, project, *PYTHON, "import os; os.kill(os.getppid(), 9)")
    assert forked(servers, project, *PYTHON, "print(1)") == (0, "1\n")
