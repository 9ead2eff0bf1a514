"""Run a command and serve its metrics: ``python serve_metrics.py COMMAND …``.

prometheus_client counts in files, which all processes of the command share. This process serves their sums on
a separate port, which must not be public, and ends with the command.

Environment: METRICS_HOST, METRICS_PORT.
"""

import os
import signal
import subprocess  # nosec B404
import sys
import tempfile
from pathlib import Path

from prometheus_client import CollectorRegistry, multiprocess, start_http_server


def main(command: list[str]) -> int:
    """Run a program of this environment, and return its exit code."""
    host, port = os.environ.get("METRICS_HOST") or "127.0.0.1", os.environ.get("METRICS_PORT") or "8001"
    with tempfile.TemporaryDirectory(prefix="metrics-") as directory:  # empty at each start
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, directory)
        start_http_server(int(port), host, registry)
        arguments = [str(Path(sys.executable).with_name(command[0])), *command[1:]]
        variables = os.environ | {"PROMETHEUS_MULTIPROC_DIR": directory}
        # The command inherits a socket that systemd has opened.
        process = subprocess.Popen(arguments, env=variables, close_fds=False)  # noqa: S603  # nosec B603
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: process.send_signal(number))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command by itself
        # The signal that ended it, as a shell reports it.
        return 128 - code if (code := process.wait()) < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
