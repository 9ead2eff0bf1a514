"""Metrics beside any server: `python serve_metrics.py gunicorn wsgi:app` becomes the server that it names.

Before that it leaves a small process behind, which answers on a port of its own with what all processes of the server
have counted. A port of its own is public nowhere: no proxy passes it on.

Environment: METRICS_HOST, METRICS_PORT.
"""

import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

FILE = re.compile(r"(?P<kind>counter|gauge|histogram|summary)_(?:[a-z]+_)?(?P<pid>[0-9]+)\.db")
SECONDS = 3  # in which a port may become free: the exporter of the server before leaves after it
GONE = 0  # the number under which the counts of processes that have left are kept


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
                raise SystemExit(f"METRICS_HOST {host}, METRICS_PORT {port}: {error.strerror or error}") from None
        sleep(0.1)


def is_alive(pid: int, server: int) -> bool:
    """Tell whether a number is still that of a process of the server, and not by now somebody else's."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return words[0] not in "ZX" and server in (pid, int(words[1]))  # its state and its parent
    except OSError:
        if Path("/proc/self/stat").exists():
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def tidy(folder: Path, server: int) -> None:
    """Add what processes have counted that are gone to one file of each kind, and forget their gauges.

    Workers are replaced all the time. Each would leave files behind that are read for every answer.
    """
    from prometheus_client.mmap_dict import MmapedDict

    for path in sorted(folder.glob("*.db")):
        found = FILE.fullmatch(path.name)
        if not found or int(found["pid"]) == GONE or is_alive(int(found["pid"]), server):
            continue
        if found["kind"] != "gauge":
            kept = MmapedDict(str(folder / f"{found['kind']}_{GONE}.db"))
            for key, value, moment, _ in MmapedDict.read_all_values_from_file(str(path)):
                kept.write_value(key, kept.read_value(key)[0] + value, moment)
            kept.close()
        path.unlink()


def registry(folder: Path) -> "CollectorRegistry":
    """Give all that is told; what is not counted by the server's processes is registered here too."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    told = CollectorRegistry()
    MultiProcessCollector(told, str(folder))
    return told


class Handler(WSGIRequestHandler):
    """Answers one question, without a word in the log, and does not wait long for it."""

    timeout = 10

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Exporter(ThreadingMixIn, WSGIServer):
    """The process beside the server.

    Parameters:
        listener: where it answers.
        folder: where the server's processes count.
        server: the number of the server's main process.
    """

    daemon_threads = True
    timeout = 0.5

    def __init__(self, listener: socket.socket, folder: Path, server: int) -> None:
        super().__init__(("", 0), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.server_address = listener, listener.getsockname()[:2]
        self.setup_environ()
        self.folder, self.server, self.turn = folder, server, Lock()

        from prometheus_client import make_wsgi_app

        self.tell = make_wsgi_app(registry(folder))
        self.set_app(self.answer)

    def setup_environ(self) -> None:
        """Name the server without asking anybody for its name, which may take long."""
        self.server_name, self.server_port = "metrics", self.server_address[1]
        super().setup_environ()

    def answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Tell the metrics at ``/metrics``, and nothing elsewhere."""
        if environ.get("PATH_INFO") != "/metrics":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Look at /metrics\n"]
        with self.turn:
            tidy(self.folder, self.server)
            return list(self.tell(environ, start_response))

    def run(self) -> None:
        """Answer as long as the server is there, and take the files away after it."""
        while os.getppid() == self.server:
            self.handle_request()
        shutil.rmtree(self.folder, ignore_errors=True)


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
        Exporter(listener, folder, server).run()
        return
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    beside = Path(sys.executable).with_name(command[0])
    program = str(beside) if beside.exists() else command[0]
    try:
        os.execvp(program, [program, *command[1:]])  # noqa: S606
    except OSError as error:
        raise SystemExit(f"{command[0]}: {error.strerror}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
