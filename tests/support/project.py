"""A generated project as its owner uses it: through its Makefile and over HTTP."""

import itertools
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any

from fork_server import FORK_SERVERS
from workspace import outcome_of

PRODUCTION = {
    "APP_ENV": "production",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "TRUSTED_HOSTS": "127.0.0.1",
    "FLASK_SKIP_DOTENV": "1",
    # Nobody is there: what was baked with a cache must do without it.
    "REDIS_URL": "redis://127.0.0.1:9",
    "BROKER_URL": "redis://127.0.0.1:9/1",
}


def numbers() -> Iterator[int]:
    """Give this worker's ports, below those that the kernel lends to clients, so that no two tests meet on one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 16_000 + 1_000 * (worker % 16)
    return itertools.cycle(range(first, first + 1_000))


PORTS = numbers()


def free_port() -> int:
    """Give a port of the loopback address that nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody else's
            return port
    raise AssertionError("the ports never end")


def server_settings() -> dict[str, str]:
    """Return the variables with which any server has two workers and listens on free ports."""
    port = str(free_port())
    # A machine may show many more CPUs than it gives.
    settings = {"PORT": port, "FLASK_RUN_PORT": port, "WEB_CONCURRENCY": "2"}
    return settings | {"METRICS_PORT": str(free_port()), "GRANIAN_PORT": port, "GRANIAN_WORKERS": "2"}


@dataclass
class Answer:
    """What a server said."""

    status: int
    headers: Message
    text: str


@dataclass
class Project:
    """A baked project.

    Parameters:
        path: its folder.
        answers: what it was baked from.
        environment: variables that its programs need, the URL of a database for example.
    """

    path: Path
    answers: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *command: str, check: bool = True, **variables: str) -> str:
        """Run a command in the project; give what it printed, or fail with it."""
        code, said = self.outcome(*command, **variables)
        assert not check or code == 0, f"{' '.join(map(str, command))} exits {code}:\n{said}"
        return said

    def outcome(self, *command: str, **variables: str) -> tuple[int, str]:
        """Run a command in the project; return its exit code and what it printed."""
        env = os.environ | self.environment
        forked = FORK_SERVERS.run(command, self.path, env, variables)
        return forked or outcome_of(command, cwd=self.path, env=env | variables)

    def make(self, target: str, **variables: str) -> str:
        """Run one of the project's make targets."""
        return self.run("make", "--no-print-directory", target, **variables)

    @contextmanager
    def serving(self, target: str, **variables: str) -> Iterator[str]:
        """Serve the project by `make TARGET` on a free port; give the address it answers at."""
        settings = server_settings()
        # uWSGI answers before it knows the signal that ends it.
        uwsgi = target == "serve" and self.answers.get("wsgi_server") == "uwsgi"
        log = self.path.parent / f"{self.path.name}-{target}.log"
        with log.open("w") as out:
            server = subprocess.Popen(
                ["make", "--no-print-directory", target],
                cwd=self.path,
                env=os.environ | self.environment | settings | variables,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                url = f"http://127.0.0.1:{settings['PORT']}"
                wait_until_up(url, server, log, "unix_signal:15" if uwsgi else "")
                yield url
            finally:
                if server.poll() is None:
                    # One signal, as from an orchestrator, which `make` passes on; Ctrl-C for the development server, which
                    # has a reloader beside it: to that, `make` would pass on a second SIGTERM while it handles the first.
                    if target == "serve":
                        server.send_signal(signal.SIGTERM)
                    else:
                        os.killpg(server.pid, signal.SIGINT)
                try:
                    server.wait(60)  # a server may drain for 25 seconds
                except subprocess.TimeoutExpired:
                    os.killpg(server.pid, signal.SIGKILL)
                    raise


def wait_until_up(url: str, server: "subprocess.Popen[bytes]", log: Path, said: str = "") -> None:
    """Wait until the server answers, at most ten minutes: its packages may have to be installed first.

    Parameters:
        url: where.
        server: its process.
        log: the file with its output.
        said: what must be there too.
    """
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and server.poll() is None:
        try:
            get(f"{url}/healthz")
            if said in log.read_text():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server does not answer:\n{log.read_text()}")


def whole_lines(log: Path) -> list[str]:
    """Give the lines of a file that somebody is writing, without one that has no end yet."""
    return log.read_text("utf-8").rpartition("\n")[0].splitlines()


def wait_until_ready(ask: Callable[[str], Answer]) -> Answer:
    """Ask whether all services answer until they do, a minute at the most: a machine may stand still for a moment."""
    deadline = time.monotonic() + 60
    while (answer := ask("/readyz")).status != 200 and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def get(url: str, *, timeout: float = 30, **headers: str) -> Answer:
    """Ask for a page; an error status is an answer too."""
    request = urllib.request.Request(
        url, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return Answer(response.status, response.headers, response.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read().decode())
