"""Run a command with its metrics beside it: ``python serve_metrics.py gunicorn wsgi:app``.

prometheus_client counts in files, which all processes of the command share. A child of this process serves their sums on a
port of its own, which no proxy passes on, and this process becomes the command: signals and systemd find what they expect.

Environment: METRICS_HOST, METRICS_PORT.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from prometheus_client import CollectorRegistry, multiprocess, start_http_server


def serve_until_end_of(pid: int, directory: str) -> None:
    """Serve the metrics in a directory as long as this process is the child of another, then remove the directory."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, directory)
    host, port = os.environ.get("METRICS_HOST") or "127.0.0.1", os.environ.get("METRICS_PORT") or "8001"
    start_http_server(int(port), host, registry)
    while os.getppid() == pid:
        time.sleep(0.2)
    shutil.rmtree(directory)


def main(command: list[str]) -> None:
    """Start to serve the metrics, and become the command, a program of this environment."""
    directory = tempfile.mkdtemp(prefix="metrics-")  # empty at each start
    pid = os.getpid()
    if os.fork() == 0:
        os.setsid()  # Ctrl-C is for the command, which may need a while
        serve_until_end_of(pid, directory)
    else:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        os.execv(Path(sys.executable).with_name(command[0]), command)  # noqa: S606  # nosec B606


if __name__ == "__main__":
    main(sys.argv[1:])
