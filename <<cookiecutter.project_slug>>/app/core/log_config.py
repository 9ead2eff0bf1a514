"""Structured logs on stdout: JSON in production, colours on a terminal.

The lines of this application and those of libraries and servers take the same way:
https://www.structlog.org/en/stable/standard-library.html#rendering-using-structlog-based-formatters-within-logging
"""

import logging
import logging.config
import os
import sys
from time import perf_counter
from typing import Any

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
        format_: ``json`` or ``console``.
    """
    logging.config.dictConfig(logging_config(level, format_))
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(level: int | str | None = None, format_: str | None = None) -> dict[str, Any]:
    """Return the ``logging.config`` dictionary, as plain data, because some servers pass it to other processes.

    Parameters:
        level: the lowest level that is written; without it ``LOG_LEVEL`` decides.
        format_: ``json`` or ``console``; without it ``LOG_FORMAT`` decides, and production's default is JSON.
    """
    default_format = "json" if os.environ.get("APP_ENV") == "production" else "console"
    format_ = format_ or os.environ.get("LOG_FORMAT") or default_format
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": {"()": "app.core.log_config.make_formatter", "format_": format_}},
        "filters": {"noise": {"()": "app.core.log_config.NoiseFilter"}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "structured",
                "filters": ["noise"],
            }
        },
        "root": {"level": level or os.environ.get("LOG_LEVEL", "INFO").upper(), "handlers": ["stdout"]},
    }


def make_formatter(format_: str) -> structlog.stdlib.ProcessorFormatter:
    """Return what renders a line: as JSON, or for a terminal."""
    renderers: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    if format_ != "json":
        colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        renderers = [
            structlog.dev.ConsoleRenderer(
                colors=colors, exception_formatter=structlog.dev.plain_traceback, sort_keys=False
            )
        ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED_PROCESSORS,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


class NoiseFilter(logging.Filter):
    """Drops the request lines of the development server, which repeat ours, and what Alembic says beside its work."""

    def filter(self, record: logging.LogRecord) -> bool:
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
    """Return the path without the view's argument ``token``: readers of the log must not be able to use it."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(token, "...") if token else request.path


def hide_path(record: logging.LogRecord) -> bool:
    """Log an unhandled exception under its route, because Flask's line holds the path with such a token."""
    if has_request_context() and record.msg == f"Exception on {request.path} [{request.method}]":
        route = request.url_rule.rule if request.url_rule else "no route"
        record.msg = f"Exception on {route} [{request.method}]"
    return True
