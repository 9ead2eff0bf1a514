"""A generated project in production as its owner starts it: `make up`, and Nginx on loopback."""

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import workspace
from project import Answer
from tls_proxy import INSECURE

FOREVER = "public, max-age=31536000, immutable"


def missing() -> str:
    """Name what this machine lacks to run containers; empty when there is all."""
    if not shutil.which("docker"):
        return "Docker"
    for words in (("docker", "info"), ("docker", "compose", "version")):
        if subprocess.run(words, capture_output=True).returncode:
            return " ".join(words[:2])
    return ""


class Stack:
    """A project and its containers.

    Parameters:
        folder: the project.
        http: the port of plain HTTP on loopback.
        https: the port of TLS on loopback.
    """

    def __init__(self, folder: Path, http: int, https: int) -> None:
        self.folder = folder
        self.name = folder.name
        self.http = http
        self.https = https
        self.variables = {
            "HTTP_PORT": f"127.0.0.1:{http}",
            "HTTPS_PORT": f"127.0.0.1:{https}",
            "RATELIMIT_DEFAULT": "1000000 per second",
            # A machine may show many more CPUs than it gives.
            "WEB_CONCURRENCY": "2",
        }

    def run(self, *command: str, check: bool = True, **variables: str) -> str:
        """Run a command in the project; give what it printed, or fail with it."""
        env = os.environ | self.variables | variables
        return workspace.output_of(command, cwd=self.folder, env=env, check=check)

    def make(self, target: str, *words: str, check: bool = True) -> str:
        """Run one of the project's make targets."""
        return self.run("make", "--no-print-directory", target, *words, check=check)

    def compose(self, *words: str, check: bool = True) -> str:
        """Run a Compose command."""
        return self.run("docker", "compose", *words, check=check)

    def container(self, service: str) -> str:
        """Give the id of a service's container."""
        return self.compose("ps", "--quiet", service).split()[0]

    def address(self, service: str) -> str:
        """Give the address of a service's container on the network that it shares with Nginx."""
        template = f'{{{{(index .NetworkSettings.Networks "{self.name}_front").IPAddress}}}}'
        return self.run("docker", "inspect", "--format", template, self.container(service)).strip()

    def stop_early(self, service: str) -> None:
        """Start containers of a service beside its own, and stop each within its first second."""
        for seconds in (0.0, 0.3, 0.7):
            words = ("run", "--detach", "--no-deps", "--quiet-pull", service)
            container = self.compose(*words).split()[-1]
            time.sleep(seconds)
            begun = time.monotonic()
            self.run("docker", "stop", "--time", "20", container)
            took = time.monotonic() - begun
            code = self.run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).strip()
            self.run("docker", "rm", container)
            # What ended by the signal itself has 128 more than its number: SIGTERM, or SIGQUIT for Nginx.
            assert (code in ("0", "143", "131"), took < 15) == (True, True), (service, seconds, code, took)

    def remove(self) -> None:
        """Take away the containers, their data and their image."""
        others = self.run(
            "docker", "ps", "--all", "--quiet", "--filter", f"network={self.name}_front"
        ).split()
        if others:
            self.run("docker", "rm", "--force", "--volumes", *others)
        self.compose("--profile", "*", "down", "--volumes", "--timeout", "5")
        images = self.run("docker", "images", "--quiet", self.name).split()
        if images:
            self.run("docker", "image", "rm", "--force", *images)

    def connect(self, timeout: float = 30) -> http.client.HTTPSConnection:
        """Connect to Nginx over TLS."""
        return http.client.HTTPSConnection("localhost", self.https, timeout=timeout, context=INSECURE)

    def raw(self, request: bytes, *, name: str | None = "localhost") -> bytes:
        """Send bytes to Nginx, over TLS to the server called `name` or in the clear; give what comes back."""
        with socket.create_connection(("127.0.0.1", self.https if name else self.http), timeout=30) as plain:
            connection = INSECURE.wrap_socket(plain, server_hostname=name) if name else plain
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request through Nginx as `localhost`."""
        sent = {"Accept": "text/html"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode(errors="replace"))
        finally:
            connection.close()

    def post_note(self, title: str) -> Answer:
        """Fill in the form of a new note as a browser does."""
        page = self.ask("GET", "/notes/new")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        cookie = (page.headers.get("Set-Cookie") or "").partition(";")[0]
        fields = {"title": title, "body": ""} | ({"csrf_token": token[1]} if token else {})
        return self.ask(
            "POST",
            "/notes/new",
            urlencode(fields),
            Cookie=cookie,
            Referer=f"https://localhost:{self.https}/",
            Origin=f"https://localhost:{self.https}",
            Content_Type="application/x-www-form-urlencoded",
        )

    def logged(self, service: str, path: str, number: int) -> list[dict[str, Any]]:
        """Give what a service logged of a path, once it is so many lines: a server may write after it has answered."""
        deadline = time.monotonic() + 30
        while True:
            said = self.run("docker", "logs", self.container(service)).splitlines()
            lines = [json.loads(line) for line in said if line.startswith("{") and line.endswith("}")]
            if len(found := [line for line in lines if line.get("path") == path]) >= number:
                return found
            assert time.monotonic() < deadline, lines
            time.sleep(0.1)


def begun(address: str, request: bytes) -> socket.socket:
    """Send a request over TLS, or a part of one, and give the connection, which takes in little of an answer."""
    plain = socket.create_connection((address, 443), timeout=30)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection = INSECURE.wrap_socket(plain, server_hostname="localhost")
    connection.sendall(request)
    return connection


def bake(folder: Path, name: str, *answers: str) -> Path:
    """Make a project in `folder`, as its owner does."""
    done = workspace.cookiecutter(folder, f"project_name={name}", *answers)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / name.lower()


LOCKS = {
    "venv": "uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11"
    " pyproject.toml --group prod --output-file requirements.txt",
    "poetry": "poetry lock --no-interaction",
    "uv": "uv lock --quiet",
}


def bake_for_image(folder: Path, name: str, *answers: str) -> Path:
    """Make a project in `folder`, with the lock that its image is built from and no environment."""
    project = bake(folder, name, "install=false", *answers)
    manager = dict(answer.split("=", 1) for answer in answers).get("dependency_manager", "venv")
    path = os.pathsep.join([os.environ["PATH"], str(workspace.TEMPLATE / ".venv" / "bin")])
    workspace.output_of(LOCKS[manager].split(), cwd=project, env=os.environ | {"PATH": path})
    return project


def listening(address: str) -> bool:
    """Tell whether somebody accepts connections at an address like 127.0.0.1:80."""
    host, _, port = address.partition(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False


def visit(stack: Stack) -> None:
    """Look at everything once, and write a note."""
    assert stack.ask("GET", "/").status == 200
    saved = stack.post_note("한국 😀")
    assert (saved.status, saved.headers["Location"]) == (303, "/notes/1"), saved.text
    for path in ("/notes/1", "/notes/"):
        assert "한국 😀" in stack.ask("GET", path).text
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


def wait_for_export(stack: Stack, address: str, **headers: str) -> list[str]:
    """Return the titles in an export, once it is made."""
    deadline = time.monotonic() + 120
    while json.loads(stack.ask("GET", address, **headers).text)["state"] != "done":
        assert time.monotonic() < deadline, stack.compose("logs", "worker", "scheduler")
        time.sleep(0.5)
    exported = json.loads(stack.ask("GET", f"{address}/export.json", **headers).text)
    return [note["title"] for note in exported["notes"]]


def restore_newest(stack: Stack) -> None:
    """Bring back the newest backup."""
    newest = "python -m scripts.backup_data restore --yes $(ls /backups/*.backup | tail -1)"
    assert "Restored" in stack.compose("run", "--rm", "backup", "sh", "-c", newest)


def stop(stack: Stack, service: str) -> str:
    """Stop a service as an orchestrator does, and give the exit code of its first process."""
    container = stack.container(service)
    stack.run("docker", "stop", "--time", "40", container)
    return stack.run("docker", "inspect", "--format", "{{.State.ExitCode}}", container).strip()


@contextmanager
def stacked(folder: Path, http: int, https: int, **variables: str) -> Iterator[Stack]:
    """Give a project's containers, not yet started, and take them and their data away in the end."""
    stack = Stack(folder, http, https)
    stack.variables |= variables
    # A run that was killed may have left some of the same name, with their data.
    stack.remove()
    try:
        yield stack
    finally:
        stack.remove()
