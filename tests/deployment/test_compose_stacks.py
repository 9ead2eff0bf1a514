"""`make up` for every manager and database, and for every server: what a visitor gets through Nginx, and what stays."""

import json
import re
import time
from pathlib import Path

import pytest
from compose_stack import Stack, bake, stacked
from compose_stack import missing as missing_engine
from job_processes import wait_until
from project import free_port
from workspace import missing

FOREVER = "public, max-age=31536000, immutable"
# Each server once, beside each manager with each database; the sixth is in test_compose_accounts.py.
STACKS = [
    ("venv", "sqlite", "gunicorn"),
    ("venv", "postgresql", "granian"),
    ("poetry", "sqlite", "uwsgi"),
    ("poetry", "postgresql", "gunicorn"),
    ("uv", "sqlite", "waitress"),
]
# What some of them have besides.
MORE = {
    ("poetry", "postgresql"): ("cache=redis", "jobs=celery"),
    ("uv", "sqlite"): ("jobs=celery",),
}
# Makes an export last until the container that it was ordered from is gone, and into the end of the worker.
LONG = """
    import socket, time

    def here() -> set[str]:
        return set(socket.gethostbyname_ex("web")[2])

    before = here()
    while before & here():
        time.sleep(0.2)
    time.sleep(8)
"""


@pytest.mark.linux
@pytest.mark.xdist_group("containers")
@pytest.mark.parametrize(("manager", "database", "server"), STACKS)
def test_stack_serves_and_keeps_its_data(tmp_path: Path, manager: str, database: str, server: str):
    if lacking := missing_engine():
        missing(lacking)
    answers = (f"dependency_manager={manager}", f"database={database}", f"wsgi_server={server}")
    more = MORE.get((manager, database), ())
    project = bake(tmp_path, f"Up-{manager}-{database}", *answers, *more)
    if deploying := "cache=redis" in more:
        tasks = project / "app" / "blueprints" / "exports" / "tasks.py"
        head, first, rest = tasks.read_text().partition("    notes = select(Note)")
        assert first
        tasks.write_text(head + LONG + first + rest)
    with stacked(project, free_port(), free_port(), JOB_SECONDS="300") as stack:
        stack.make("up")
        visit(stack)
        stack.make("down")
        assert not stack.compose("ps", "--all", "--quiet")
        stack.make("up")
        assert "한국 😀" in stack.ask("GET", "/").text
        back_up_and_restore(stack)
        services = ["nginx", "web"]
        if "jobs=celery" in more:
            export_notes(stack, deploying)
            services += ["worker", "scheduler"]
            refuse_broken_jobs(stack)
        codes = {service: stop(stack, service) for service in services}
        assert set(codes.values()) == {"0"}, (codes, stack.compose("logs", *services))


def visit(stack: Stack) -> None:
    """Look at everything once, and write a note."""
    assert stack.ask("GET", "/").status == 200
    saved = stack.post_note("한국 😀")
    assert (saved.status, saved.headers["Location"]) == (303, "/"), saved.text
    notes = stack.ask("GET", "/api/v1/notes/", Accept="application/json")
    assert [note["title"] for note in json.loads(notes.text)] == ["한국 😀"]
    address = re.search(r"/static/css/app[.]css[?]v=\w+", stack.ask("GET", "/").text)
    css = stack.ask("GET", address[0], Accept_Encoding="gzip, identity;q=0.5")
    assert (css.status, css.headers["Content-Type"]) == (200, "text/css")
    assert "Content-Security-Policy" in css.headers
    assert (css.headers["Vary"], css.headers["Cache-Control"]) == ("Accept-Encoding", FOREVER)
    # What another release refers to is not what is here, and not to be kept.
    assert "immutable" not in stack.ask("GET", "/static/css/app.css?v=0123456789ab").headers["Cache-Control"]
    assert json.loads(stack.ask("GET", "/readyz").text) == {"status": "ok", "database": "ok"}


def back_up_and_restore(stack: Stack) -> None:
    """Save the data, change it, and bring it back."""
    stack.compose("run", "--rm", "backup")
    stack.post_note("written later")
    newest = "python -m scripts.backup_data restore --yes $(ls /backups/*.backup | tail -1)"
    assert "Restored" in stack.compose("run", "--rm", "backup", "sh", "-c", newest)
    page = stack.ask("GET", "/").text
    assert "한국 😀" in page
    assert "written later" not in page


def export_notes(stack: Stack, deploying: bool) -> None:
    """Order an export, which another container makes, while the broker is away at first.

    Parameters:
        stack: whose notes.
        deploying: whether the export lasts, and the release is replaced meanwhile.
    """
    stack.compose("stop", "redis")
    ordered = stack.ask("POST", "/api/v1/exports/")
    assert ordered.status == 202
    stack.compose("start", "redis")
    address = ordered.headers["Location"]
    if deploying:
        replace_workers(stack, address)
    deadline = time.monotonic() + 120
    while json.loads(stack.ask("GET", address).text)["state"] != "done":
        assert time.monotonic() < deadline, stack.compose("logs", "worker", "scheduler")
        time.sleep(0.5)
    (note,) = json.loads(stack.ask("GET", f"{address}/notes.json").text)
    assert note["title"] == "한국 😀"
    # A worker has a second to answer.
    question = "celery -A worker status || true"
    wait_until(lambda: "1 node online" in stack.compose("exec", "-T", "worker", "sh", "-c", question))


def replace_workers(stack: Stack, address: str) -> None:
    """Deploy while an export is under way: it is made once, by the worker that has begun it."""
    wait_until(lambda: json.loads(stack.ask("GET", address).text)["state"] == "running")
    services = ("web", "worker", "scheduler")
    before = {stack.container(service) for service in services}
    assert "is live" in stack.make("deploy")
    assert not before & {stack.container(service) for service in services}
    assert json.loads(stack.ask("GET", address).text)["state"] == "done"
    question = "SELECT attempts, (SELECT count(*) FROM note_exports) FROM note_exports"
    words = ("exec", "-T", "postgres", "psql", "-U", stack.name, "-Atc", question)
    assert stack.compose(*words).strip() == "1|1"


def refuse_broken_jobs(stack: Stack) -> None:
    """Stop workers in their first second, and deploy a release whose workers do not start: the old ones go on."""
    services = ("web", "worker", "scheduler")
    for service in services:
        stack.stop_early(service)
    worker = stack.folder / "worker.py"
    good = worker.read_text()
    worker.write_text("raise SystemExit('broken')\n")
    before = stack.compose("ps", "--all", "--quiet", *services).split()
    said = stack.make("deploy", check=False)
    worker.write_text(good)
    assert "nothing was replaced" in said
    assert stack.compose("ps", "--all", "--quiet", *services).split() == before


def stop(stack: Stack, service: str) -> str:
    """Stop a service as an orchestrator does, and give the exit code of its first process."""
    container = stack.container(service)
    stack.run("docker", "stop", "--time", "40", container)
    return stack.run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).strip()
