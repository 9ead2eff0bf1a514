"""The stack with everything that can be chosen: accounts, a cache, jobs; from the first user to a key that is replaced."""

import http.client
import json
import re
import time
from pathlib import Path

import pytest
from compose_stack import Stack, bake_for_image, restore_newest, stacked, stop, wait_for_export
from compose_stack import missing as missing_engine
from http_client import PASSWORD, Visitor
from job_processes import wait_until
from project import free_port
from workspace import SUPPORT, missing

EMAIL = "ann@example.com"
MAIL_SERVER = SUPPORT / "mail_server.py"
SERVICES = ("web", "worker", "scheduler")
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


class Guest(Visitor):
    """Somebody who comes through Nginx."""

    def __init__(self, stack: Stack, email: str = EMAIL) -> None:
        super().__init__(f"https://localhost:{stack.https}", email)
        self.stack = stack

    def connect(self) -> http.client.HTTPConnection:
        return self.stack.connect(timeout=30)


class Mail:
    """A mail server on the network that leads out, made of the project's own image.

    Parameters:
        stack: whose network and image it uses.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack, self.name = stack, f"{stack.name}-mail"
        where = ("--network", f"{stack.name}_front", "--network-alias", "mail")
        script = ("--volume", f"{MAIL_SERVER}:/tmp/mail_server.py:ro")
        program = (f"{stack.name}:latest", "python", "/tmp/mail_server.py", "0.0.0.0", "2525")
        stack.run("docker", "run", "--detach", "--name", self.name, *where, *script, *program)

    def link(self, seconds: float = 60) -> str:
        """Give the path of the newest link in a mail; wait for one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.stack.run("docker", "logs", self.name)
            if found := re.findall(r"https?://[^/\s]+(/account/\S+)", text):
                return found[-1]
            time.sleep(0.2)
        raise AssertionError(text)


@pytest.mark.linux
@pytest.mark.xdist_group("containers")
def test_accounts_and_jobs_outlive_their_containers(tmp_path: Path):
    if lacking := missing_engine():
        missing(lacking)
    choices = ("dependency_manager=uv", "database=postgresql", "wsgi_server=hypercorn")
    project = bake_for_image(tmp_path, "Up-full", *choices, "auth=true", "cache=redis", "jobs=celery")
    tasks = project / "app" / "blueprints" / "exports" / "tasks.py"
    head, first, rest = tasks.read_text().partition("    try:\n")
    assert first
    tasks.write_text(head + LONG + first + rest)
    with stacked(project, free_port(), free_port(), JOB_SECONDS="300") as stack:
        stack.make("up")
        bob = without_mail(stack)
        export, token = order_export(stack, bob)
        (stack.folder / "secrets/mail_url").write_text("smtp://mail:2525\n")
        mail = Mail(stack)
        try:
            replace_workers(stack, export, token)
            guest = join(stack, mail)
        finally:
            stack.run("docker", "rm", "--force", mail.name)
        write_and_keep(stack, guest)
        for service in ("worker", "scheduler"):
            stack.stop_early(service)
        refuse_broken_worker(stack)
        services = ("nginx", *SERVICES)
        codes = {service: stop(stack, service) for service in services}
        assert set(codes.values()) == {"0"}, (codes, stack.compose("logs", *services))


def without_mail(stack: Stack) -> Guest:
    """Nobody can register, the doctor says so once, and accounts are made by command."""
    assert stack.ask("GET", "/account/register").status == 404
    said = stack.compose("exec", "-T", "web", "flask", "doctor")
    assert said.count("MAIL_URL") == 1
    assert "TOTP_SECRET" not in said
    made = ("users", "create", "bob@example.com", "--password", PASSWORD)
    assert "can sign in" in stack.compose("exec", "-T", "web", "flask", *made)
    bob = Guest(stack, "bob@example.com")
    bob.log_in()
    assert bob.is_in
    assert bob.fill("/notes/new", title="Bobs own", body="").status == 303
    return bob


def order_export(stack: Stack, user: Guest) -> tuple[str, dict[str, str]]:
    """Order an export while the broker is stopped at first; return its URL, and what the API wants to show it."""
    token = stack.compose("exec", "-T", "web", "flask", "users", "token", user.email).split()[-1]
    bearer = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    stack.compose("stop", "redis")
    ordered = stack.ask("POST", "/api/v1/exports/", **bearer)
    assert ordered.status == 202, ordered.text
    stack.compose("start", "redis")
    return ordered.headers["Location"], bearer


def replace_workers(stack: Stack, export: str, bearer: dict[str, str]) -> None:
    """Deploy while an export is under way: it is made once, by the worker that has begun it."""

    def state() -> str:
        return str(json.loads(stack.ask("GET", export, **bearer).text)["state"])

    wait_until(lambda: state() == "running")
    before = {stack.container(service) for service in SERVICES}
    assert "is live" in stack.make("deploy")
    assert not before & {stack.container(service) for service in SERVICES}
    assert state() == "done"
    statement = "SELECT attempts, (SELECT count(*) FROM note_exports) FROM note_exports"
    words = ("exec", "-T", "postgres", "psql", "-U", stack.name, "-Atc", statement)
    assert stack.compose(*words).strip() == "1|1"
    assert wait_for_export(stack, export, **bearer) == ["Bobs own"]
    # A worker has a second to answer.
    command = "celery -A worker status || true"
    wait_until(lambda: "1 node online" in stack.compose("exec", "-T", "worker", "sh", "-c", command))


def refuse_broken_worker(stack: Stack) -> None:
    """Deploy a release whose workers do not start: the old ones go on."""
    worker = stack.folder / "worker.py"
    good = worker.read_text()
    worker.write_text("raise SystemExit('broken')\n")
    before = stack.compose("ps", "--all", "--quiet", *SERVICES).split()
    said = stack.make("deploy", check=False)
    worker.write_text(good)
    assert "nothing was replaced" in said
    assert stack.compose("ps", "--all", "--quiet", *SERVICES).split() == before


def join(stack: Stack, mail: Mail) -> Guest:
    """Register, confirm and log in."""
    assert "accepted" in stack.compose("exec", "-T", "web", "flask", "users", "try-mail", EMAIL)
    guest = Guest(stack)
    form = {"email": EMAIL, "password": PASSWORD, "password_confirm": PASSWORD}
    assert guest.fill("/account/register", **form).status in (200, 302)
    guest.log_in()
    assert not guest.is_in
    link = mail.link()
    assert guest.fill(link, password=PASSWORD).status == 302
    assert guest.is_in
    logs = stack.run("docker", "logs", stack.container("nginx")) + stack.run(
        "docker", "logs", stack.container("web")
    )
    assert "/account/confirm/..." in logs
    assert link not in logs
    return guest


def write_and_keep(stack: Stack, guest: Guest) -> None:
    """Write a note, take everything down and up again with a new key, and find the session and the note."""
    assert guest.fill("/notes/new", title="한국 😀", body="").status == 303
    token = stack.compose("exec", "-T", "web", "flask", "users", "token", EMAIL).split()[-1]
    stack.make("down")
    # As the page on operations says it; `make deploy` comes to the same, with less to survive.
    stack.run("cp", "secrets/secret_key", "secrets/secret_key_fallbacks")
    stack.run("sh", "-c", "openssl rand -hex 32 > secrets/secret_key")
    stack.make("up")
    for _ in range(2):  # the second time with a session that the new key has signed
        page = guest.get("/notes/").text
        assert "한국 😀" in page
        assert "Bobs own" not in page
        anonymous = stack.ask("GET", "/notes/")
        assert (anonymous.status, "한국 😀" in anonymous.text) == (302, False)
    bearer = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    notes = json.loads(stack.ask("GET", "/api/v1/notes/", **bearer).text)
    assert [note["title"] for note in notes] == ["한국 😀"]
    stack.compose("run", "--rm", "backup")
    guest.fill("/notes/new", title="written later", body="")
    restore_newest(stack)
    assert guest.is_in
    page = guest.get("/notes/").text
    assert "한국 😀" in page
    assert "written later" not in page
