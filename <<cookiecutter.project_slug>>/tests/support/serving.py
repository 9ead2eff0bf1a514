"""Starts the production server as a process of its own, the way ``make serve`` does."""

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

from .production import REQUIRED

ROOT = Path(__file__).resolve().parents[2]
# Below those that a kernel lends to whoever asks for any, and others for each process that runs tests: between the
# look and the start of the server nobody else takes the port.
BLOCK = 100
FIRST = 10_000 + os.getpid() % 60 * BLOCK
PORTS = cycle(range(FIRST, FIRST + BLOCK))


def free_port() -> int:
    """Give a port of the loopback address that nobody listens on, and another one each time."""
    for port in islice(PORTS, BLOCK):
        with socket.socket() as probe, suppress(OSError):  # that one is somebody else's
            # As servers do: a connection that has just ended keeps nobody away.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port from {FIRST} on is free")


class Server:
    """A server that may still be starting.

    Parameters:
        command: what follows ``python`` on the command line.
        folder: where its database and the file with its output may live.
        settings: environment variables beside those that production demands.
    """

    def __init__(self, command: list[str], folder: Path, **settings: str) -> None:
        self.port = free_port()
        # No server has a reason to write there; the tests look.
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
                [sys.executable, *command], cwd=ROOT, env=environment | settings, stdout=log, stderr=log
            )

    @property
    def output(self) -> str:
        """What the server has written so far."""
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str, **headers: str) -> int:
        """Give the status of a GET request.

        Raises:
            OSError: nobody answers.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"Connection": "close"} | headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def wait_until_ready(self, said: str = "") -> None:
        """Wait for the first answer, two minutes at the most.

        Parameters:
            said: what the server must have written too.

        Raises:
            AssertionError: the server ended instead, or took too long.
        """
        end = time.monotonic() + 120
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("/healthz")
                if said in self.output:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"no answer (exit code {self.process.poll()}):\n{self.output}")

    def stop(self) -> int:
        """Send SIGTERM, as every orchestrator does, and give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


def kill(pid: int) -> None:
    """Kill a process and, where Linux tells them, those that it has started."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # or it would start others in their place
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in path.read_text().split():
                kill(int(child))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@contextmanager
def serving(command: list[str], folder: Path, **settings: str) -> Iterator[Server]:
    """Start a server and leave no process behind; the parameters are those of ``Server``."""
    server = Server(command, folder, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            kill(server.process.pid)
            server.process.wait()
