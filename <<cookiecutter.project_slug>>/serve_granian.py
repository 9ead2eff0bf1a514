"""Granian, the production server: `python serve_granian.py`.

Environment: BIND_HOST, PORT, WEB_CONCURRENCY, THREADS, GRACEFUL_TIMEOUT, LOG_LEVEL.
"""

import gc
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

# Granian's lines go to the root logger, which the app configures.
LOGGING: dict[str, Any] = {
    "version": 1,
    "handlers": {},
    "formatters": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


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


SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(Granian):  # type: ignore[misc,valid-type]
    """Granian that ends by every SIGTERM, whatever it is doing at that moment."""

    def signal_handler_interrupt(self, *_: Any) -> None:
        """Have the main loop end.

        Setting its event here could wait for ever for a lock that the interrupted line of the same thread holds.
        """
        self.interrupt_signal = True
        threading.Thread(target=self.insist, daemon=True).start()

    def insist(self) -> None:
        """Set the event again and again: the loop may be clearing it just now, after the end of a worker."""
        while True:
            self.main_loop_interrupt.set()
            time.sleep(0.1)


def be_born(server: int) -> None:
    """Begin as a worker that ends by exactly one SIGTERM, that of its parent.

    Until it has handlers of its own it would swallow the signal with those of the parent; and one that comes twice,
    because a terminal or `make` sends it to the whole group, lets it hang until GRACEFUL_TIMEOUT.

    Parameters:
        server: the process whose children are workers. What a worker forks may become another program, and a timer,
            which outlives that, would end it.
    """
    os.setpgid(0, 0)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    if os.getppid() == server:
        wake_every(0.5)


def wake_every(seconds: float) -> None:
    """Interrupt the main thread again and again, which does nothing but wait for its end.

    A signal that comes in the moment in which the wait begins is noted, and its handler runs when the thread wakes.

    Parameters:
        seconds: the time between; 0 lets it be, which it must before Python ends and forgets its handlers: the alarm
            would kill it then.
    """
    if sys.platform != "win32":
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)


def main() -> None:
    """Serve until SIGTERM; SIGHUP replaces the workers one by one.

    Raises:
        SystemExit: a setting is wrong, or the workers cannot be kept alive.
    """
    # Load the app once, before the fork: workers share its memory, a lost one is back at once, and a wrong
    # setting stops the start. What it asks for: importing the app connects to nothing.
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")
        os.register_at_fork(
            before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS),
            after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS),
            after_in_child=partial(be_born, os.getpid()),
        )
    cpus = available_cpus()
    server = Server(
        "wsgi:app",
        # Loopback unless told otherwise; a container sets BIND_HOST=0.0.0.0.
        address=os.environ.get("BIND_HOST") or "127.0.0.1",
        port=setting("PORT", 8000),
        interface=Interfaces.WSGI,
        # Behind a proxy HTTP/2 gains nothing; without it there is less to attack.
        http=HTTPModes.http1,
        websockets=False,
        # Processes use the CPUs, threads fill the time in which they wait for the database; Granian warns
        # about more of them.
        workers=setting("WEB_CONCURRENCY", cpus),
        blocking_threads=setting("THREADS", min(8, 2 * cpus + 1)),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        # After SIGTERM, requests in flight get this long: keep it below what the orchestrator grants.
        workers_kill_timeout=setting("GRACEFUL_TIMEOUT", 25),
        # Slow clients may take this long for their headers, and need no more room than this.
        http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024),
        # One line per request comes from the app.
        log_access=False,
        log_level=LogLevels.__members__.get(os.environ.get("LOG_LEVEL", "").lower(), LogLevels.info),
        log_dictconfig=LOGGING,
    )
    import wsgi  # noqa: F401

    server.on_startup(gc.freeze)
    wake_every(0.5)
    try:
        server.serve()
    finally:
        wake_every(0)


if __name__ == "__main__":
    main()
