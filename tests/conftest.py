"""What the tests share: a user of their own, projects baked once, real servers."""

import math
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import workspace
from chosen_contexts import chosen
from contexts import CONTEXTS, OPTIONS, RENDERED, RUNNING, coverage
from fork_server import FORK_SERVERS
from machine_pauses import PauseWatch
from postgres import Postgres
from project import Project
from redis_server import RedisServer
from rendering import rendered
from types_cache import TypesCache
from workspace import IDENTITY, TEMPLATE, Place, missing, tree

CACHES = {
    "UV_CACHE_DIR": "uv",
    "PIP_CACHE_DIR": "pip",
    "POETRY_CACHE_DIR": "pypoetry",
}

# The tests of a project with more modules are split between workers, each of which has to set it up.
MODULES_OF_ONE_WORKER = 13

# What would leak from this run into the projects; without bytecode every start would compile all of it anew.
UNSET = (
    *("APP_ENV", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "BROKER_URL", "FLASK_DEBUG", "VIRTUAL_ENV"),
    *("OTEL_EXPORTER_OTLP_ENDPOINT", "SENTRY_DSN"),
    *("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONDONTWRITEBYTECODE"),
)


def pytest_configure() -> None:
    """Hear Ctrl-C, and let the programs that tests interrupt hear it: a shell's background job has it ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before xdist's own
def pytest_xdist_auto_num_workers() -> int | None:
    """Return what `-n auto` means: two for each CPU that this machine gives, at most eight; tests wait half of their time."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else min(8, 2 * workspace.usable_cpus())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line choose the projects, and how much is tried."""
    text = "the only projects to test: contexts with commas between, changed, or option=NAME"
    parser.addoption("--contexts", help=text)
    text = "how often to try what depends on chance: walks through changes of the schema, races; a few times without it"
    parser.addoption("--whole", action="store_true", help="run the checks of every project that is updated")
    parser.addoption("--newest", action="store_true", help="set projects up with packages of this week too")
    parser.addoption("--walks", type=int, default=0, help=text)


def context_of(item: pytest.Item) -> str | None:
    """Return the context whose project a test uses."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("project") if callspec else None


@pytest.hookimpl(
    wrapper=True, tryfirst=True
)  # groups before xdist reads them, order after pytest has reordered
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Choose the tests, keep those of one project on one worker, and begin with the longest chains.

    A project that many modules test would be a long chain, while the other workers have nothing left to do, so it is
    split in equal parts.
    """
    if words := config.getoption("--contexts"):
        names = {None, *chosen(words)}
        config.hook.pytest_deselected(items=[item for item in items if context_of(item) not in names])
        items[:] = [item for item in items if context_of(item) in names]
    modules: dict[str | None, set[Path]] = {}
    for item in items:
        modules.setdefault(context_of(item), set()).add(item.path)
    for item in items:
        if context := context_of(item):
            item.add_marker(pytest.mark.xdist_group(f"{context}-{part(item.path, modules[context])}"))
    yield
    items.sort(key=lambda item: rank(item, modules))


def part(module: Path, modules: set[Path]) -> int:
    """Return the number of the part that a module belongs to."""
    parts = math.ceil(len(modules) / MODULES_OF_ONE_WORKER)
    return sorted(modules).index(module) * parts // len(modules)


def rank(item: pytest.Item, modules: dict[str | None, set[Path]]) -> tuple[int, str]:
    """Return a key that puts the containers first, then projects by the number of their modules, then the rest."""
    group = item.get_closest_marker("xdist_group")
    if group and group.args == ("containers",):
        return -1000, ""
    context = context_of(item)
    return (-len(modules[context]), str(context)) if context else (0, "")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Name the projects that were chosen."""
    words = config.getoption("--contexts")
    return f"contexts: {', '.join(chosen(words))}" if words else None


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what the matrix covers."""
    for what, names, contexts in (
        ("run", RUNNING, CONTEXTS),
        ("rendered", list(OPTIONS), CONTEXTS | RENDERED),
    ):
        share = coverage(list(contexts.values()), names)
        terminalreporter.write_line(
            f"contexts {what}: {len(contexts)}, pairs of options covered: {share:.0%}"
        )


@pytest.fixture(scope="session")
def pauses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PauseWatch]:
    """What tells the time that an application takes from that which the machine loses."""
    with PauseWatch(tmp_path_factory.mktemp("pauses")).watching() as pauses:
        yield pauses


@pytest.fixture(scope="session", autouse=True)
def user(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """Run everything as a user with a git identity, no configuration, and this machine's package caches."""
    home = tmp_path_factory.mktemp("user")
    (home / ".gitconfig").write_text(IDENTITY, encoding="utf-8")
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        for name, folder in CACHES.items():
            if name not in os.environ:
                patch.setenv(name, str(caches / folder))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        # Tools that stand on PATH already go first: a machine may have a Poetry with its own ways.
        patch.setenv("PATH", os.pathsep.join([os.environ["PATH"], str(TEMPLATE / ".venv" / "bin")]))
        for name in UNSET:
            patch.delenv(name, raising=False)
        if not request.config.getoption("--newest"):
            # A mirror may show a new release at one moment and not at the next.
            week_ago = datetime.now(UTC).date() - timedelta(days=7)
            patch.setenv("UV_EXCLUDE_NEWER", f"{week_ago}T00:00:00Z")
            patch.setenv("POETRY_SOLVER_MIN_RELEASE_AGE", "7")
        yield


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a user's places, empty."""
    return Place(tmp_path)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the files of a whole project."""
    place = Place(tmp_path_factory.mktemp("whole"))
    place.run("project_name=Shop", "install=false")
    return set(tree(place.target / "shop"))


@pytest.fixture(scope="session")
def types_cache(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> TypesCache:
    """What mypy remembers, the same for all workers."""
    base = tmp_path_factory.getbasetemp()
    return TypesCache((base if worker_id == "master" else base.parent) / "types")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of our own."""
    if not Postgres.programs():
        missing("PostgreSQL")
    with Postgres() as server:
        yield server


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis server of our own."""
    if not shutil.which("redis-server"):
        missing("Redis")
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture(scope="session")
def project(request: pytest.FixtureRequest, cookies_session: Any, user: None) -> Iterator[Project]:
    """A project, rendered and set up once for all tests that ask for its context; one of RENDERED is not set up."""
    if request.param in RENDERED:
        yield Project(rendered(request.param), RENDERED[request.param] | {"install": False})
        return
    answers = CONTEXTS[request.param]
    if answers["dependency_manager"] == "poetry" and not shutil.which("poetry"):
        missing("Poetry")
    environment = {}
    if answers["database"] == "postgresql":
        server = request.getfixturevalue("postgres")
        environment = {"DATABASE_URL": server.create_database(answers["project_slug"])}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        result = cookies_session.bake(extra_context=answers)
    assert result.exit_code == 0, result.exception
    project = Project(Path(result.project_path), answers, environment)
    project.make("setup")
    FORK_SERVERS.allow(project.path)
    yield project
    FORK_SERVERS.stop(project.path)
    shutil.rmtree(project.path / ".venv")


@pytest.fixture
def copy(project: Project, tmp_path: Path) -> Project:
    """A clone that may be changed, with the environment of its origin and a database of its own."""
    subprocess.run(["git", "clone", "--quiet", project.path, tmp_path / "copy"], check=True)
    (tmp_path / "copy" / ".venv").symlink_to(project.path / ".venv")
    return Project(tmp_path / "copy", project.answers, {"DATABASE_URL": f"sqlite:///{tmp_path / 'dev.db'}"})
