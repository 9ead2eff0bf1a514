"""A PostgreSQL server for the tests: Debian's or anybody's programs, a free port, a folder of its own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any

import psycopg
from project import free_port


class Postgres:
    """A server that lives as long as the `with` block."""

    def __init__(self) -> None:
        # Not below pytest's own folder: that is closed to the user who runs the server.
        self.folder = Path(mkdtemp(prefix="postgres-"))
        self.data = self.folder / "data"
        self.port = free_port()

    @staticmethod
    def programs() -> Path | None:
        """Give the folder of initdb and pg_ctl, the newest version first, or None."""
        found = shutil.which("initdb")
        debian = sorted(
            Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
        )
        path = Path(found) if found else (debian or [None])[-1]
        return path and path.parent

    def run(self, program: str, *words: str) -> None:
        """Run one of the server's programs; root must become somebody else for that."""
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        command = [*as_user, str(self.programs() / program), "--pgdata", str(self.data), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")

    def __enter__(self) -> "Postgres":
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "--auth", "trust", "--username", "postgres", "--no-sync", "--encoding", "UTF8")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start the server."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "start", "--wait", "--log", str(self.folder / "log"), "--options", options)

    def stop(self) -> None:
        """Stop the server at once, as a crash would."""
        self.run("pg_ctl", "stop", "--wait", "--mode", "immediate")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Halt the server and all its processes: the kernel goes on accepting connections, and nobody answers."""
        processes = [int((self.data / "postmaster.pid").read_text().split()[0])]
        with self.connect() as connection:
            processes += [
                pid
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                )
            ]
        try:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGSTOP)
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """Connect as the server's administrator."""
        return psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True)

    def create_database(self, name: str) -> str:
        """Create an empty database and give its URL for SQLAlchemy."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}"')
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"
