"""Structured logs on stdout: JSON in production, colours on a terminal.

The lines of this application and those of libraries and servers take the same way:
https://www.structlog.org/en/stable/standard-library.html
"""

import logging
import os
import sys
from time import perf_counter

import structlog
from flask import Flask, Response, g, has_request_context, request
# <% if cookiecutter.observability == "opentelemetry" %>

from app.observability.tracing import add_ids
# <% endif %>

SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    # <% if cookiecutter.observability == "opentelemetry" %>
    add_ids,
    # <% endif %>
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

PROCESSORS: list[structlog.typing.Processor] = [
    structlog.stdlib.filter_by_level,
    *SHARED_PROCESSORS,
    structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def init_logging(app: Flask) -> None:
    """Configure logging for the process, and log each request in one line."""
    configure_logging(app.config["LOG_LEVEL"], app.config["LOG_FORMAT"])
    app.logger.addFilter(hide_path)
    app.before_request(start_timer)
    app.after_request(log_request)


def configure_logging(level: int | str, format_: str) -> None:
    """Send every line of the process to stdout.

    Parameters:
        level: the lowest level that is written, ``INFO`` for example.
        format_: ``json``, or ``console`` for people.
    """
    renderers: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    if format_ == "console":
        colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        plain = structlog.dev.plain_traceback
        renderers = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, sort_keys=False)]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED_PROCESSORS,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    handler.addFilter(is_no_noise)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def is_no_noise(record: logging.LogRecord) -> bool:
    """Drop the development server's lines for requests, which repeat ours, and Alembic's remarks."""
    if record.name.startswith("alembic.runtime"):
        return record.levelno > logging.INFO or record.getMessage().startswith("Running ")
    return record.name != "werkzeug" or " - - [" not in record.getMessage()


def start_timer() -> None:
    """Store when the request began."""
    g.started = perf_counter()


def log_request(response: Response) -> Response:
    """Log the request."""
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
    """Return the path without the view's argument ``token``, which readers of the log could use."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(token, "...") if token else request.path


def hide_path(record: logging.LogRecord) -> bool:
    """Log an unhandled exception under its route, because Flask's line holds the path with such a token."""
    if has_request_context() and record.msg == f"Exception on {request.path} [{request.method}]":
        route = request.url_rule.rule if request.url_rule else "no route"
        record.msg = f"Exception on {route} [{request.method}]"
    return True
