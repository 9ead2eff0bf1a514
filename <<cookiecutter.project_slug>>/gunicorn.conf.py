"""Gunicorn's settings: `gunicorn wsgi:app` finds this file by its name.

Gunicorn stands behind a proxy that receives slow clients' requests whole (Nginx, an ingress, a platform's
router): on its own it must not face the internet. https://gunicorn.org/reference/settings/ explains each
setting; GUNICORN_CMD_ARGS overrides any of them.
"""

import os
from pathlib import Path
from typing import Any

# <% if cookiecutter.observability == "prometheus" %>
from prometheus_client import multiprocess

# <% endif %>
# Loopback, unless the environment says otherwise; a container sets BIND_HOST=0.0.0.0.
bind = f"{os.environ.get('BIND_HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8000}"

# Processes use the CPUs; threads use the time in which a request waits for the database. At least two
# workers, so that one responds while the other is replaced; at most four, because each takes memory and
# connections to the database: more by WEB_CONCURRENCY.
worker_class = "gthread"
workers = os.environ.get("WEB_CONCURRENCY") or min(4, max(2, os.cpu_count() or 1))
threads = os.environ.get("THREADS") or 8

# Load the application once, before the fork: workers share its memory, a new one starts at once, and a wrong
# setting stops the start. A reload (SIGHUP) replaces the workers; new code needs a restart.
preload_app = True

# A worker that shows no sign of life for this many seconds is replaced.
timeout = 30

# After SIGTERM, requests in progress have this many seconds. Keep it below what the supervisor grants:
# compose's stop_grace_period, systemd's TimeoutStopSec, Kubernetes' terminationGracePeriodSeconds.
graceful_timeout = os.environ.get("GRACEFUL_TIMEOUT") or 25

# Longer than the proxy keeps an idle connection (Nginx and most load balancers: 60 s); otherwise it would now
# and then send a request into a connection that has just been closed.
keepalive = 75

# Workers that are replaced after so many requests bound a memory leak; the jitter keeps them from leaving
# together.
max_requests = os.environ.get("MAX_REQUESTS") or 0
max_requests_jitter = 1000

# Heartbeat files in memory: on a busy disk they stall, and healthy workers look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # nosec B108

# No socket for remote control.
control_socket_disable = True

# The application decides by PROXY_HOPS which proxies to trust for the client's address and scheme; Gunicorn
# trusts none.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
forwarder_headers = ""

# The application logs requests, and writes Gunicorn's own messages in its format: they go to its root logger.
loglevel = os.environ.get("LOG_LEVEL") or "info"
logconfig_dict: dict[str, Any] = {
    "root": {},
    "handlers": {},
    "formatters": {},
    "loggers": {"gunicorn.error": {"propagate": True}},
}
# <% if cookiecutter.observability == "prometheus" %>


def child_exit(server: object, worker: Any) -> None:
    """Remove the gauges of a worker that has ended, as prometheus_client's documentation shows."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)
# <% endif %>
