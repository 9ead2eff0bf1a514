"""The process beside the server: it tells what all processes of the server have counted, and leaves after them."""

import os
import re
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from threading import Lock
from time import monotonic
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

FILE = re.compile(r"(?P<kind>counter|gauge|histogram|summary)_(?:[a-z]+_)?(?P<pid>[0-9]+)\.db")
GONE = 0  # the number under which the counts of processes that have left are kept
SECONDS = 2.0  # without a worker, after which a server is on its way out: it would start others at once


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
    for path in sorted(folder.glob("*.db")):
        found = FILE.fullmatch(path.name)
        if not found or int(found["pid"]) == GONE or is_alive(int(found["pid"]), server):
            continue
        if found["kind"] != "gauge" and path.stat().st_size:
            kept = MmapedDict(str(folder / f"{found['kind']}_{GONE}.db"))
            for key, value, moment, _ in MmapedDict.read_all_values_from_file(str(path)):
                kept.write_value(key, kept.read_value(key)[0] + value, moment)
            kept.close()
        path.unlink()


class Sums(Collector):
    """What all processes have counted.

    Parameters:
        folder: where they do.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> Iterable[Metric]:
        """Give the sums. A file that is made this moment is empty; the library would fail."""
        files = [str(path) for path in self.folder.glob("*.db") if path.stat().st_size]
        sums: Iterable[Metric] = MultiProcessCollector.merge(files)
        return sums


def registry(folder: Path) -> CollectorRegistry:
    """Give all that is told; what is not counted by the server's processes is registered here too."""
    told = CollectorRegistry()
    told.register(Sums(folder))
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
        """Answer as long as the server is there, and take the files away after it.

        uWSGI waits for all its children before it goes, and this is one: so it goes after the workers.
        """
        last, had = monotonic(), False
        while os.getppid() == self.server and monotonic() - last < SECONDS:
            self.handle_request()
            has = self.has_workers()
            had = had or has
            if has or not had:
                last = monotonic()
        self.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def has_workers(self) -> bool:
        """Tell whether the server has other children."""
        try:
            children = Path(f"/proc/{self.server}/task/{self.server}/children").read_text().split()
        except OSError:
            return False
        return any(int(child) != os.getpid() and is_alive(int(child), self.server) for child in children)
