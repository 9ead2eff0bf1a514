"""What each production server does when it is stopped, when a worker is killed, and when a setting is wrong."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from contexts import CONTEXTS
from project import PRODUCTION, Project, get, server_settings


def context_with(server: str) -> str:
    """Return the context of a server that needs the least beside it."""

    def needs(name: str) -> tuple[bool, ...]:
        answers = CONTEXTS[name]
        observability = answers["observability"]
        return answers["database"] != "sqlite", observability == "prometheus", observability != "logs"

    return min((name for name in CONTEXTS if CONTEXTS[name]["wsgi_server"] == server), key=needs)


SERVERS = {
    server: context_with(server) for server in ("gunicorn", "granian", "uwsgi", "waitress", "hypercorn")
}
each_server = pytest.mark.parametrize("project", SERVERS.values(), ids=SERVERS, indirect=True)
with_workers = pytest.mark.parametrize(
    "project", [SERVERS[server] for server in ("gunicorn", "granian", "uwsgi")], indirect=True
)
SLOW = """


@app.get("/slow")
def slow() -> str:
    import time

    time.sleep(2)
    return "slow"


@app.get("/pid")
def pid() -> str:
    import os

    return str(os.getpid())
"""


@pytest.fixture
def served(project: Project, tmp_path: Path):
    """A project with a view that takes two seconds, and the variables of its production."""
    wsgi = project.path / "wsgi.py"
    text = wsgi.read_text()
    wsgi.write_text(text + SLOW)
    # Hypercorn drains with one process only.
    one = {"WEB_CONCURRENCY": "1"} if project.answers["wsgi_server"] == "hypercorn" else {}
    url = project.environment.get("DATABASE_URL") or f"sqlite:///{tmp_path / 'production.db'}"
    yield project, PRODUCTION | {"DATABASE_URL": url} | one
    wsgi.write_text(text)


@each_server
def test_requests_in_progress_are_finished_after_sigterm(served: tuple[Project, dict[str, str]]):
    project, variables = served
    with ThreadPoolExecutor(6) as pool:
        with project.serving("serve", **variables) as url:
            answers = [pool.submit(get, f"{url}/slow") for _ in range(6)]
            time.sleep(1)
        assert [answer.result().text for answer in answers] == ["slow"] * 6


@pytest.mark.linux
@with_workers
def test_worker_that_is_killed_is_replaced(served: tuple[Project, dict[str, str]]):
    project, variables = served
    with project.serving("serve", **variables) as url:
        killed = get(f"{url}/pid").text
        os.kill(int(killed), signal.SIGKILL)
        deadline = time.monotonic() + 60
        found: set[str] = set()
        while len(found) < 2 and time.monotonic() < deadline:
            with suppress(OSError):  # it was accepted by the one that died
                found |= {get(f"{url}/pid").text} - {killed}
            time.sleep(0.05)
        assert len(found) == 2


@each_server
def test_application_that_lacks_a_setting_does_not_start(project: Project):
    serve = project.run("make", "--no-print-directory", "--dry-run", "serve").splitlines()[-1]
    command = f"timeout 60 {serve}; echo exit $?"
    said = project.run(
        "sh", "-c", command, check=False, **server_settings(), **PRODUCTION | {"SECRET_KEY": ""}
    )
    assert "SECRET_KEY" in said
    assert said.splitlines()[-1] != "exit 124"  # not even slowly; Hypercorn ends with 0
