"""A project's own server in its production configuration, with nothing in front, and what it logs."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from project import PRODUCTION, Project, free_port, wait_until_up, whole_lines


class Server:
    """A running server.

    Parameters:
        process: its main process.
        port: where it listens on the loopback address.
        log: the file that takes its output.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log
        self.url = f"http://127.0.0.1:{port}"

    def lines(self) -> list[dict[str, Any]]:
        """Give what was logged; a line that is no JSON object fails."""
        lines = [json.loads(line) for line in whole_lines(self.log)]
        assert all(isinstance(line, dict) for line in lines)
        return lines


@contextmanager
def in_production(project: Project, log: Path, *, wait: bool = True, **variables: str) -> Iterator[Server]:
    """Run the project's Gunicorn, and leave no process behind.

    Parameters:
        project: what to serve.
        log: the file for its output.
        wait: whether to wait for the first answer.
        variables: settings beside those that production demands.
    """
    port = free_port()
    own = {"PORT": str(port), "METRICS_PORT": str(free_port()), "WEB_CONCURRENCY": "2"}
    settings = PRODUCTION | project.environment | own | variables
    with log.open("wb") as out:
        process = subprocess.Popen(
            [project.path / ".venv/bin/gunicorn", "wsgi:app"],
            cwd=project.path,
            env=os.environ | settings,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            server = Server(process, port, log)
            if wait:
                wait_until_up(server.url, process, log)
            yield server
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
