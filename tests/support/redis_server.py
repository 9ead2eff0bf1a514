"""A Redis server for the tests: a free port, a password, TLS beside it, and every way to fail."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import trustme
from project import free_port

PASSWORD = "pass/word"


class RedisServer:
    """A server that lives as long as the `with` block.

    Parameters:
        folder: where its certificates, its log and its data go.
        options: what is set otherwise than for a cache.
    """

    def __init__(self, folder: Path, **options: str) -> None:
        self.folder = folder
        self.options = {name.replace("_", "-"): value for name, value in options.items()}
        self.port, self.tls_port = free_port(), free_port()
        quoted = PASSWORD.replace("/", "%2F")
        self.url = f"redis://:{quoted}@127.0.0.1:{self.port}/0"
        self.tls_url = f"rediss://:{quoted}@127.0.0.1:{self.tls_port}/0?ssl_ca_certs={folder}/ca.pem"

    def __enter__(self) -> "RedisServer":
        self.folder.mkdir()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.folder / "ca.pem"))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(self.folder / "server.pem")
        )
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server, empty unless it keeps its data, and wait until it listens."""
        pem = str(self.folder / "server.pem")
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "tls-port": str(self.tls_port),
            "tls-cert-file": pem,
            "tls-key-file": pem,
            "tls-ca-cert-file": str(self.folder / "ca.pem"),
            "tls-auth-clients": "no",
            "requirepass": PASSWORD,
            "save": "",
            "maxmemory": "32mb",
            "maxmemory-policy": "allkeys-lru",
            "logfile": str(self.folder / "log"),
        }
        words = [word for name, value in (options | self.options).items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen(["redis-server", *words], cwd=self.folder)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(60)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Halt it: the kernel goes on accepting connections, and nobody answers."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def ask(self, *words: str) -> str:
        """Ask something, and give the answer."""
        command = ["redis-cli", "-p", str(self.port), "--no-auth-warning", "-a", PASSWORD, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.strip()
