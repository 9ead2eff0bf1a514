"""A stack whose notes belong to accounts: from registering to a session that outlives the containers."""

import http.client
import json
import re
import time
from pathlib import Path

import pytest
from compose_stack import Stack, bake, stacked
from compose_stack import missing as missing_engine
from http_client import PASSWORD, Visitor
from project import free_port
from workspace import SUPPORT, missing

EMAIL = "ann@example.com"
MAIL_SERVER = SUPPORT / "mail_server.py"


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
def test_account_and_its_notes_outlive_the_containers(tmp_path: Path):
    if lacking := missing_engine():
        missing(lacking)
    answers = (
        "dependency_manager=uv",
        "database=postgresql",
        "wsgi_server=hypercorn",
        "auth=true",
        "cache=redis",
    )
    with stacked(bake(tmp_path, "Up-accounts", *answers), free_port(), free_port()) as stack:
        stack.make("up")
        without_mail(stack)
        (stack.folder / "secrets/mail_url").write_text("smtp://mail:2525\n")
        mail = Mail(stack)
        try:
            stack.make("deploy")
            guest = join(stack, mail)
        finally:
            stack.run("docker", "rm", "--force", mail.name)
        write_and_keep(stack, guest)


def without_mail(stack: Stack) -> None:
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
        page = guest.get("/").text
        assert "한국 😀" in page
        assert "Bobs own" not in page
        assert "한국 😀" not in stack.ask("GET", "/").text
    given = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    assert [note["title"] for note in json.loads(stack.ask("GET", "/api/v1/notes/", **given).text)] == [
        "한국 😀"
    ]
    stack.compose("run", "--rm", "backup")
    guest.fill("/notes/new", title="written later", body="")
    newest = "python -m scripts.backup_data restore --yes $(ls /backups/*.backup | tail -1)"
    assert "Restored" in stack.compose("run", "--rm", "backup", "sh", "-c", newest)
    assert guest.is_in
    page = guest.get("/").text
    assert "한국 😀" in page
    assert "written later" not in page
