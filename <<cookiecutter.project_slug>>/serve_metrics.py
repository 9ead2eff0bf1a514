"""Metrics beside the server: `<< cookiecutter.__serve_command >>` becomes the server that it names.

Before that it leaves a small process behind, which answers on a port of its own with what all processes of the server
have counted. A port of its own is public nowhere: no proxy passes it on.

Environment: METRICS_HOST, METRICS_PORT.
"""

import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from time import monotonic, sleep

SECONDS = 3  # in which a port may become free: the exporter of the server before leaves after it


def setting(name: str, default: int, *, minimum: int = 1) -> int:
    """Give a whole number from the environment.

    Parameters:
        name: the variable; empty counts as unset.
        default: what to use without it.
        minimum: the smallest value that makes sense.

    Raises:
        SystemExit: the value is no whole number, or too small.
    """
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()) or int(text) < minimum:
        raise SystemExit(f"{name} must be a whole number of at least {minimum}")
    return int(text)


def listen() -> socket.socket:
    """Open the port, while somebody still looks whether that works.

    Raises:
        SystemExit: it cannot be opened.
    """
    host, port = os.environ.get("METRICS_HOST") or "127.0.0.1", setting("METRICS_PORT", 8001)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    end = monotonic() + SECONDS
    while True:
        try:
            return socket.create_server((host, port), family=family)
        except OSError as error:
            if monotonic() > end:
                reason = error.strerror or error
                raise SystemExit(f"METRICS_HOST {host}, METRICS_PORT {port}: {reason}") from None
        sleep(0.1)


def main(command: list[str]) -> None:
    """Leave the exporter behind, and become the server.

    Parameters:
        command: the server's program and its words.

    Raises:
        SystemExit: a setting is wrong, or there is no such program.
    """
    if not command:
        raise SystemExit("Usage: python serve_metrics.py SERVER [WORD...]")
    listener = listen()
    # New with every start, so that nothing old is counted, where temporary files belong: mostly in memory.
    folder, server = Path(tempfile.mkdtemp(prefix="metrics-")), os.getpid()
    # The same process goes on as the server, so that signals and systemd's notifications find it.
    if os.fork() == 0:
        # Those who tell a whole group to stop do not mean this one: the server may need a while.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        # A socket that systemd has handed over belongs to the server alone.
        os.closerange(3, listener.fileno())
        from metrics_exporter import Exporter

        Exporter(listener, folder, server).run()
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    beside = Path(sys.executable).with_name(command[0])
    program = str(beside) if beside.exists() else command[0]
    try:
        os.execvp(program, [program, *command[1:]])  # noqa: S606  # nosec B606
    except OSError as error:
        raise SystemExit(f"{command[0]}: {error.strerror}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
