"""Prometheus metrics: requests by route and status, their duration, and the database connections in use.

``serve_metrics.py`` exposes them for all processes together. Without it, each process only counts for itself.
"""

from time import perf_counter
from typing import Any

from flask import Flask, Response, current_app, g, has_app_context, request
from prometheus_client import Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, Pool, QueuePool

from app.extensions import db

# Other methods and unknown paths share a label, so that clients cannot create new series.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
NO_ROUTE = "none"
DEFAULT_OVERFLOW = 10  # SQLAlchemy's ``max_overflow``

# Rate, errors and duration in one: a histogram also counts.
REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Time until the headers of a response were ready, by route.",
    ("method", "route", "status"),
)
# "live" gauges are removed with the process that has set them.
IN_USE = Gauge("database_connections_in_use", "Database connections in use.", multiprocess_mode="livesum")
LIMIT = Gauge(
    "database_connections_limit", "Maximum number of database connections.", multiprocess_mode="livesum"
)


def init_metrics(app: Flask) -> None:
    """Count requests; health checks do not count."""
    app.after_request(observe)


def observe(response: Response) -> Response:
    """Count a request by method, route and status class."""
    method = request.method if request.method in METHODS else "other"
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    duration = perf_counter() - g.started
    REQUESTS.labels(method, route, f"{response.status_code // 100}xx").observe(duration)
    return response


@event.listens_for(Pool, "connect")
def set_limit(*_: object) -> None:
    """Set the maximum number of connections, in each worker after the fork."""
    if has_app_context():
        overflow = current_app.config["SQLALCHEMY_ENGINE_OPTIONS"].get("max_overflow", DEFAULT_OVERFLOW)
        pools = [engine.pool for engine in db.engines.values() if isinstance(engine.pool, QueuePool)]
        LIMIT.set(sum(pool.size() + overflow for pool in pools))


@event.listens_for(Pool, "checkout")
def count_checkout(_connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """Count a connection that is checked out."""
    if (info := entry.record_info) is not None and "counted" not in info:
        info["counted"] = True
        IN_USE.inc()


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "detach")
def count_checkin(_connection: Any, entry: ConnectionPoolEntry) -> None:
    """Stop counting a connection; broken ones are returned without a checkout."""
    if (info := entry.record_info) is not None and info.pop("counted", False):
        IN_USE.dec()
