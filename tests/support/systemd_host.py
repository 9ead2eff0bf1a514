"""A host with systemd as its first process, in a container, and visitors who never stop asking."""

import http.client
import io
import re
import socket
import subprocess
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from project import Answer, free_port
from tls_proxy import INSECURE
from workspace import TEMPLATE, Place, output_of, tree

IMAGE = "flask-starter-host"
LOCK = "uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11"
MIGRATION = '''"""A second table."""

from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade() -> None:
    """Add it."""
    op.create_table("second", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_table("second")
'''
INSTALL = ("sh", "/root/shop/deploy/systemd/install.sh")


class Host:
    """A running host.

    Parameters:
        container: the id of its container.
        port: where its port 443 is on the loopback address.
        domain: the name that its site answers to.
    """

    def __init__(self, container: str, port: int, domain: str) -> None:
        self.container = container
        self.port = port
        self.domain = domain

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command as root; give what it printed, or fail with it."""
        return output_of(["docker", "exec", self.container, *command], check=check)

    def install(self, *words: str, check: bool = True) -> str:
        """Run the project's own installation."""
        return self.run(*INSTALL, *words, check=check)

    def copy(self, project: Path) -> None:
        """Put a project's files where they are installed from."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for name in tree(project):
                tar.add(project / name, f"shop/{name}")
        command = ["docker", "cp", "--quiet", "-", f"{self.container}:/root"]
        subprocess.run(command, input=archive.getvalue(), check=True)

    def release(self) -> str:
        """Name the release in service."""
        return self.run("readlink", "/opt/shop/current").strip().removeprefix("releases/")

    def ask(self, path: str = "/", method: str = "GET", **headers: str) -> Answer:
        """Ask Nginx over TLS, on a connection of its own."""
        connection = http.client.HTTPSConnection(self.domain, timeout=30)
        try:
            plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            connection.sock = INSECURE.wrap_socket(plain, server_hostname=self.domain)
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers={"Connection": "close"} | sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def style(self) -> str:
        """Give the address of the style sheet that the home page refers to."""
        found = re.search(r"/static/css/app[.]css[?]v=\w+", self.ask().text)
        assert found
        return found[0]

    def kept(self, address: str) -> tuple[str, bool]:
        """Give a static file, and whether a browser may keep it for good."""
        answer = self.ask(address)
        assert answer.status == 200
        return answer.text, "immutable" in answer.headers["Cache-Control"]


def clone(place: Place, *answers: str) -> Path:
    """Make a project and its lock, and give its folder."""
    done = place.run("project_name=Shop", "deployment=systemd", "install=false", *answers)
    assert done.returncode == 0, done.stderr
    project = place.target / "shop"
    lock = [*LOCK.split(), "pyproject.toml", "--group", "prod", "--output-file", "requirements.txt"]
    subprocess.run(lock, cwd=project, check=True)
    return project


def retitle(project: Path, text: str) -> None:
    """Put a word in front of the title of each page."""
    base = project / "app/templates/base.html"
    base.write_text(base.read_text().replace("<title>", f"<title>{text} "))


@contextmanager
def running(domain: str) -> Iterator[Host]:
    """Start a host, and leave no container behind."""
    with (TEMPLATE / "tests/support/host.Dockerfile").open() as file:
        build = ["docker", "build", "--quiet", "--tag", IMAGE, "-"]
        subprocess.run(build, stdin=file, check=True, capture_output=True, timeout=600)
    port = free_port()
    options = ["--privileged", "--cgroupns=private", "--env=container=docker"]
    options += ["--tmpfs=/run", "--tmpfs=/tmp:exec", f"--publish=127.0.0.1:{port}:443"]
    command = ["docker", "run", "--detach", "--rm", *options, IMAGE]
    container = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    try:
        host = Host(container, port, domain)
        deadline = time.monotonic() + 180
        while (state := host.run("systemctl", "is-system-running", check=False).strip()) != "running":
            assert time.monotonic() < deadline, state + host.run("systemctl", "--failed", check=False)
            time.sleep(0.2)
        yield host
    finally:
        subprocess.run(["docker", "rm", "--force", container], check=True, capture_output=True)


def wait_for_more(answers: list[str]) -> None:
    """Wait a second, and until each visitor may have had another answer."""
    time.sleep(1)
    wanted, deadline = len(answers) + 20, time.monotonic() + 60
    while len(answers) < wanted and time.monotonic() < deadline:
        time.sleep(0.05)


@contextmanager
def visitors(host: Host) -> Iterator[list[str]]:
    """Let twenty clients ask again and again while the block runs; what they got is in the list afterwards."""
    answers: list[str] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            try:
                answers.append(str(host.ask("/notes/").status))
            except (OSError, http.client.HTTPException) as error:
                answers.append(repr(error))
            over.wait(0.05)

    threads = [threading.Thread(target=visit) for _ in range(20)]
    for thread in threads:
        thread.start()
    try:
        wait_for_more(answers)
        yield answers
        wait_for_more(answers)
    finally:
        over.set()
        for thread in threads:
            thread.join()
