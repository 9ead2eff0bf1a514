"""Hypercorn, the production server: `python serve_hypercorn.py`.

Environment: BIND_HOST, PORT, WEB_CONCURRENCY, GRACEFUL_TIMEOUT, KEEP_ALIVE, MAX_REQUESTS, LOG_LEVEL.
"""

import logging
import math
import os
import signal
import sys
from pathlib import Path

from hypercorn.config import Config
from hypercorn.run import run


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


def settings(body_limit: int) -> Config:
    """Give Hypercorn's configuration; every worker gets a copy of it.

    Parameters:
        body_limit: the largest request body, in bytes.

    Raises:
        SystemExit: a setting is wrong.
    """
    config = Config()
    config.application_path = "wsgi:app"

    # Loopback unless told otherwise; a container sets BIND_HOST=0.0.0.0.
    config.bind = f"{os.environ.get('BIND_HOST') or '127.0.0.1'}:{setting('PORT', 8000)}"

    # At least two, so that somebody answers while one is replaced. Each calls the app in the threads of its
    # event loop.
    config.workers = setting("WEB_CONCURRENCY", max(2, available_cpus()))

    # After SIGTERM, requests in flight get this long: keep it below what the orchestrator grants (often 30
    # s).
    config.graceful_timeout = setting("GRACEFUL_TIMEOUT", 25)

    # Longer than the proxy in front keeps an idle connection (Nginx and most balancers: 60 s).
    config.keep_alive_timeout = setting("KEEP_ALIVE", 75)

    # Off, because a worker that Hypercorn replaces drops the requests it is answering. Set MAX_REQUESTS only
    # against a leak; the jitter keeps workers from leaving together.
    config.max_requests = setting("MAX_REQUESTS", 0, minimum=0) or None
    config.max_requests_jitter = (config.max_requests or 0) // 10

    # One line per request comes from the app; Hypercorn's own lines go to the root logger, which the app
    # configures.
    config.accesslog = None
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False

    # Hypercorn holds a request's body in memory before it calls the app, so the app's own limit is its limit.
    config.wsgi_max_body_size = body_limit
    return config


def main() -> None:
    """Serve until SIGTERM. A worker that dies ends the server too, for its supervisor to start it again.

    Raises:
        SystemExit: a setting is wrong, or the server stopped; its code says how.
    """
    from wsgi import app  # a wrong setting of the app stops here, before there are workers

    sys.exit(run(settings(app.config["MAX_CONTENT_LENGTH"])))


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    # A worker. It stops when it is asked to through the event all of them share, and finishes its requests
    # then; but Hypercorn also sends SIGTERM as soon as the first of them has left, which would cut the others
    # short.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
