"""Gunicorn, the production server: `gunicorn wsgi:app` finds this file by its name.

Environment: BIND_HOST, PORT, WEB_CONCURRENCY, THREADS, TIMEOUT, GRACEFUL_TIMEOUT, CLIENT_TIMEOUT, KEEP_ALIVE,
MAX_REQUESTS, LOG_LEVEL.
"""

import gc
import math
import os
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, cast

import gunicorn.http.wsgi
import structlog


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


def available_cpus(root: Path = Path("/")) -> int:
    """Count the CPUs this process may use: a container sees all those of its host, whatever its quota.

    Parameters:
        root: where ``proc`` and ``sys`` are mounted.
    """
    cpus = os.cpu_count() or 1
    if sys.platform == "linux":
        cpus = len(os.sched_getaffinity(0))
    try:
        group = (root / "proc/self/cgroup").read_text().rpartition("::")[2].strip()
        limit = root / "sys/fs/cgroup" / group.lstrip("/") / "cpu.max"
        quota, period = map(int, limit.read_text().split())
    except (OSError, ValueError):  # no control group of version 2, or a quota of "max"
        return cpus
    return max(1, min(cpus, math.ceil(quota / period)))


# Loopback unless told otherwise; a container sets BIND_HOST=0.0.0.0 (or :: for both families).
_host = os.environ.get("BIND_HOST") or "127.0.0.1"
bind = f"[{_host}]:{setting('PORT', 8000)}" if ":" in _host else f"{_host}:{setting('PORT', 8000)}"

# Processes use the CPUs, threads fill the time in which they wait for the database. At least two workers, so
# that somebody answers while one is replaced.
worker_class = "gunicorn_worker.PatientWorker"
workers = setting("WEB_CONCURRENCY", max(2, available_cpus()))
threads = setting("THREADS", 8)

# Load the app once, before the fork: workers share its memory, a lost one is back at once, and a wrong
# setting stops the start instead of a worker after the other. What it asks for: importing the app connects to
# nothing.
preload_app = True

# A worker whose main loop is silent for TIMEOUT is replaced. After SIGTERM, requests in flight get
# GRACEFUL_TIMEOUT: keep that below what the orchestrator grants (Kubernetes 30 s, stop_grace_period of
# compose, TimeoutStopSec of systemd).
timeout = setting("TIMEOUT", 30)
graceful_timeout = setting("GRACEFUL_TIMEOUT", 25)

# A client has so long for the head of its request, which holds no thread meanwhile. One that falls silent or behind
# with a body, or does not fetch its answer, holds a thread no longer.
client_timeout = setting("CLIENT_TIMEOUT", 10)

# Longer than the proxy in front keeps an idle connection (Nginx and most balancers: 60 s). The other way
# round it would now and then send a request into a connection that has just been closed.
keepalive = setting("KEEP_ALIVE", 75, minimum=0)

# Bounds what a slow leak can take; the jitter keeps workers from leaving together. 0 never replaces one.
max_requests = setting("MAX_REQUESTS", 10_000, minimum=0)
max_requests_jitter = max_requests // 10

# The heartbeat in memory: on a busy disk it stalls, and healthy workers look dead.
_memory = Path("/dev", "shm")
worker_tmp_dir = str(_memory) if os.access(_memory, os.W_OK) else None

# No socket for remote control: Gunicorn would open it in HOME, which a container may not have.
control_socket_disable = True

# Whom to believe about address and scheme is said once, by PROXY_HOPS. Gunicorn itself takes neither the
# scheme nor the path from a header, whoever sends it.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

# Room for long links and large cookies, and an end to everything beyond (414, 431).
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# One line per request comes from the app; Gunicorn's own lines go to the root logger, which the app has
# configured by the time the first of them is written. The empty parts replace Gunicorn's formats, also at a
# reload.
accesslog = None
loglevel = os.environ.get("LOG_LEVEL") or "info"
logconfig_dict: dict[str, Any] = {
    "root": {},
    "handlers": {},
    "formatters": {},
    "loggers": {"gunicorn.error": {"handlers": [], "propagate": True}},
}


class Together:
    """Takes the place of a socket, to collect what would be sent."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        """Add to what is collected."""
        self.data += data


class WholeResponse(gunicorn.http.wsgi.Response):
    """Sends the head of a response together with the first part of its body, which mostly is the whole.

    A worker that is killed between the two would leave half an answer, and no proxy can repeat a request whose
    answer has begun.
    """

    def default_headers(self) -> list[str]:
        """Begin the head; which server it is concerns nobody."""
        return [line for line in super().default_headers() if not line.startswith("Server:")]

    def write(self, arg: bytes) -> None:
        """Send a part of the body, the head before it when that is still to do."""
        if self.headers_sent:
            super().write(arg)
            return
        sock, together = self.sock, Together()
        self.sock = cast("socket.socket", together)
        try:
            super().write(arg)
        finally:
            self.sock = sock
        sock.sendall(together.data)


# What asks a process to end.
SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def be_born() -> None:
    """Begin as a worker that ends by a signal: until it has handlers, those of its parent would swallow it."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def on_starting(server: object) -> None:
    """Prepare the process that workers are forked from: once, while a reload reads this file again."""
    gunicorn.http.wsgi.Response = WholeResponse  # type: ignore[misc]
    os.register_at_fork(
        before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS),
        after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS),
        after_in_child=be_born,
    )


def pre_fork(server: object, worker: object) -> None:
    """Keep the garbage collector away from what is loaded: visiting it would copy the shared memory."""
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Tell the worker how long it waits for clients."""
    worker.patience = client_timeout


def post_request(worker: object, request: object, environ: object, response: object) -> None:
    """Forget the request's id: the thread's next line may be about a request that never becomes one."""
    structlog.contextvars.clear_contextvars()


def when_ready(server: Any) -> None:
    """Give every wait for a client an end; accepted connections inherit what the listening socket has."""
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("@ll", client_timeout, 0))
