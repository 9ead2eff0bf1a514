"""What Prometheus may ask: how many requests, how many of them failed, how long they took, and how busy the database is.

``serve_metrics.py`` tells it, for all processes together. Without it each process counts for itself and tells nobody.
"""

from time import perf_counter
from typing import Any

from flask import Flask, Response, g, has_app_context, request
from prometheus_client import Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

from app.extensions import db

# Whatever else a client calls its method or asks for must not make new series.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
NO_ROUTE = "none"

# Rate, errors and duration in one: a histogram counts what it observes.
REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time until the head of an answer was ready, by the route's template.",
    ("method", "route", "status"),
)
# "live" gauges vanish with the process that set them.
IN_USE = Gauge(
    "database_connections_in_use", "Connections that somebody works with.", multiprocess_mode="livesum"
)
LIMIT = Gauge(
    "database_connections_limit", "Connections that there may be at once.", multiprocess_mode="livesum"
)


def init_metrics(app: Flask) -> None:
    """Count every request; probes are answered in front of the application and do not count."""
    app.after_request(observe)


def observe(response: Response) -> Response:
    """Count a request under its method, its route and the class of its status."""
    method = request.method if request.method in METHODS else "other"
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    took = perf_counter() - g.started
    REQUESTS.labels(method, route, f"{response.status_code // 100}xx").observe(took)
    return response


@event.listens_for(Pool, "connect")
def see_pools(*_: object) -> None:
    """Tell how many connections there may be, in the process that uses the first: workers are forked before."""
    if has_app_context():
        pools = [engine.pool for engine in db.engines.values() if isinstance(engine.pool, QueuePool)]
        LIMIT.set(sum(pool.size() + pool._max_overflow for pool in pools))


@event.listens_for(Pool, "checkout")
def see_checkout(_connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """Count a connection that somebody takes."""
    if (info := entry.record_info) is not None and "counted" not in info:
        info["counted"] = True
        IN_USE.inc()


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "detach")
def see_return(_connection: Any, entry: ConnectionPoolEntry) -> None:
    """Count it no longer; one that was never given out, because it had died, comes back too."""
    if (info := entry.record_info) is not None and info.pop("counted", False):
        IN_USE.dec()
