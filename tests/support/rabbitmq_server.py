"""A RabbitMQ server for the tests: Debian's programs, free ports, a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType

from project import free_port

# Debian's wrapper in /usr/sbin would change to another user.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class RabbitServer:
    """A server that lives as long as the `with` block; it keeps its messages over a crash."""

    def __init__(self) -> None:
        # Not below pytest's own folder: the name of the node would be too long.
        self.folder = Path(mkdtemp(prefix="rabbit-"))
        self.port = free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        ports = {"ERL_EPMD_PORT": str(free_port()), "RABBITMQ_DIST_PORT": str(free_port())}
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbit.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{self.port}\n")
        self.environment = (
            os.environ
            | ports
            | {
                "ERL_EPMD_ADDRESS": "127.0.0.1",
                "HOME": str(self.folder),
                "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbit.conf"),
                "RABBITMQ_CONF_ENV_FILE": "/dev/null",
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
                "RABBITMQ_LOG_BASE": str(self.folder / "log"),
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
                "RABBITMQ_NODENAME": "test@localhost",
                "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            }
        )

    def __enter__(self) -> "RabbitServer":
        # The daemon that knows nodes by their names; the server would start one that outlives it.
        self.names = subprocess.Popen(["epmd"], env=self.environment)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.names.terminate()
        self.names.wait(60)
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        log = self.folder / "out"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [PROGRAM], env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            time.sleep(0.1)
        raise AssertionError(log.read_text())

    def kill(self) -> None:
        """End it as a crash would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        # The shell around it is gone; the server itself may need a moment.
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                return
            time.sleep(0.05)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Halt it: the kernel goes on accepting connections, and nobody answers."""
        os.killpg(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.process.pid, signal.SIGCONT)
