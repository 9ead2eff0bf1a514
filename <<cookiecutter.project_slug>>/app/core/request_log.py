"""The id of a request, and its line in the log."""

import logging
import re
from secrets import token_hex
from time import perf_counter

import structlog
from flask import Flask, Response, g, has_request_context, request

# Anything else from a client must not reach the logs or other services.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def init_request_log(app: Flask) -> None:
    """Identify each request before anything else happens to it, and log it in one line."""
    app.logger.addFilter(hide_path)
    app.before_request(start_request)
    app.after_request(log_request)


def start_request() -> None:
    """Take the id from ``X-Request-ID``, or make a new one; every log line of the request carries it."""
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else token_hex(16)
    g.started = perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def log_request(response: Response) -> Response:
    """Log the request, and send its id to the client, who can quote it when something goes wrong."""
    response.headers["X-Request-ID"] = g.request_id
    log.info(
        "request",
        method=request.method,
        path=path_without_token(),
        status=response.status_code,
        duration_ms=round((perf_counter() - g.started) * 1000, 2),
        route=request.url_rule and request.url_rule.rule,
        client=request.remote_addr,
    )
    return response


def path_without_token() -> str:
    """Return the path without tokens, which readers of the log could use: long segments are tokens too."""
    token = str((request.view_args or {}).get("token", "..."))
    return re.sub(r"[^/]{40,}", "...", request.path.replace(token, "..."))


def hide_path(record: logging.LogRecord) -> bool:
    """Log an unhandled exception under its route, because Flask's line holds the path with such a token."""
    if has_request_context() and record.msg == f"Exception on {request.path} [{request.method}]":
        record.msg = f"Exception on {request.url_rule or 'no route'} [{request.method}]"
    return True
