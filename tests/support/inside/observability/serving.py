"""Runs the production server in a process, as ``make serve`` does."""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle, islice
from pathlib import Path

from tests.support.production import REQUIRED

# Ports below the ephemeral range, and different ones for each test process: no other process takes the port
# between the check and the start of the server.
PORTS_PER_PROCESS = 100
FIRST_PORT = 10_000 + os.getpid() % 60 * PORTS_PER_PROCESS
PORTS = cycle(range(FIRST_PORT, FIRST_PORT + PORTS_PER_PROCESS))


def free_port() -> int:
    """Return a free port of the loopback interface, a different one each time."""
    for port in islice(PORTS, PORTS_PER_PROCESS):
        with socket.socket() as probe, suppress(OSError):  # in use
            # As servers do: connections in TIME_WAIT do not block the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no free port from {FIRST_PORT}")


class Server:
    """A server that may still be starting.

    Parameters:
        command: what follows ``python`` on the command line.
        folder: the directory for its database and its log.
        settings: environment variables in addition to those that production requires.
    """

    def __init__(self, command: list[str], folder: Path, **settings: str) -> None:
        self.port = free_port()
        # The tests check that no server writes there.
        self.home = folder / "home"
        self.home.mkdir()
        environment = REQUIRED | {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "APP_ENV": "production",
            "SECRET_KEY": secrets.token_hex(32),
            "DATABASE_URL": f"sqlite:///{folder / 'production.db'}",
            "TRUSTED_HOSTS": "127.0.0.1",
            "PORT": str(self.port),
            "WEB_CONCURRENCY": "1",
        }
        self._log = folder / "server.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command], env=environment | settings, stdout=log, stderr=log
            )

    @property
    def output(self) -> str:
        """What the server has logged so far."""
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str, **headers: str) -> int:
        """Return the status of a GET request.

        Raises:
            OSError: the server does not respond.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Connection": "close"} | headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def wait_until_ready(self, logged: str = "") -> None:
        """Wait for the first response, up to two minutes.

        Parameters:
            logged: text that the server must have logged too.

        Raises:
            AssertionError: the server ended instead, or took too long.
        """
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("/healthz")
                if logged in self.output:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"no response (exit code {self.process.poll()}):\n{self.output}")

    def stop(self) -> int:
        """Send SIGTERM, and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def kill(pid: int) -> None:
    """Kill a process and, on Linux, its children."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # or it would replace its children
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in path.read_text().split():
                kill(int(child))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def serving(command: list[str], folder: Path, **settings: str) -> Iterator[Server]:
    """Run a server, and kill it in the end; the parameters are those of ``Server``."""
    server = Server(command, folder, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            kill(server.process.pid)
            server.process.wait()
