"""Structured logs on stdout: JSON where machines read, colours where people do."""

import logging
import logging.config
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from typing import Any

import orjson
import structlog
from flask import Flask, Response, g, request
# <% if cookiecutter.observability == "opentelemetry" %>

from app.observability.tracing import add_ids
# <% endif %>

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def init_logging(app: Flask) -> None:
    """Configure logging for the process, and write one line for each request."""
    # A test may configure anew; elsewhere a logger is put together once and not for every line.
    configure_logging(app.config["LOG_LEVEL"], app.config["LOG_FORMAT"], cache=not app.testing)
    app.before_request(start_clock)
    app.after_request(log_request)


def configure_logging(level: str, format_: str, *, cache: bool = False) -> None:
    """Send every line of the process to stdout.

    Parameters:
        level: the name of the lowest level that is written, ``INFO`` for example.
        format_: ``json`` or ``console``.
        cache: whether loggers keep what is configured here for good.
    """
    logging.config.dictConfig(logging_config(level, format_))
    # The application's own lines take the short way to stdout; only foreign libraries go through stdlib.
    in_json = format_ == "json"
    structlog.configure(
        processors=[*shared_processors(), *renderers(format_, to_json)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory() if in_json else structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=cache,
    )


def shared_processors() -> list[structlog.typing.Processor]:
    """Give what every line gets, whoever writes it."""
    return [
        structlog.contextvars.merge_contextvars,
        # <% if cookiecutter.observability == "opentelemetry" %>
        add_ids,
        # <% endif %>
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def to_json(line: dict[str, Any], **options: Any) -> bytes:
    """Write a line. What JSON or orjson does not know is told in Python's words: a log must not end a request."""
    try:
        return orjson.dumps(line, **options)
    except TypeError:
        options["option"] = orjson.OPT_NON_STR_KEYS
        return orjson.dumps({plain(k, options): plain(v, options) for k, v in line.items()}, **options)


def to_text(line: dict[str, Any], **options: Any) -> str:
    """Write a line as text."""
    return to_json(line, **options).decode()


def plain(value: Any, options: dict[str, Any]) -> Any:
    """Give a value as it is, or as text if it holds numbers beyond 64 bits, halves of characters, circles and the like."""
    try:
        orjson.dumps(value, **options)
    except TypeError:
        with suppress(Exception):
            return ascii(value)
        return f"a {type(value).__name__} that cannot be shown"
    return value


def renderers(format_: str, serializer: Callable[..., str | bytes]) -> list[structlog.typing.Processor]:
    """Give the last steps of a line: ``json`` for machines, anything else for a terminal.

    Parameters:
        format_: which of the two.
        serializer: what writes JSON, as bytes for our own lines and as text for the handlers of ``logging``.
    """
    if format_ == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer)]
    colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    return [
        structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0, sort_keys=False
        )
    ]


def logging_config(level: str | None = None, format_: str | None = None) -> dict[str, Any]:
    """Give the ``logging.config`` dictionary that sends the lines of libraries and servers the same way.

    It is plain data, because some servers hand it to other processes.

    Parameters:
        level: the lowest level that is written; without it ``LOG_LEVEL`` decides.
        format_: ``json`` or ``console``; without it ``LOG_FORMAT`` decides, and JSON is production's default.
    """
    in_production = os.environ.get("APP_ENV") == "production"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"no_noise": {"()": "app.core.log_config.NoNoise"}},
        "formatters": {
            "structured": {
                "()": "app.core.log_config.make_formatter",
                "format_": format_
                or os.environ.get("LOG_FORMAT")
                or ("json" if in_production else "console"),
            }
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "structured",
                "filters": ["no_noise"],
            }
        },
        "root": {"level": level or os.environ.get("LOG_LEVEL", "INFO").upper(), "handlers": ["stdout"]},
    }


def make_formatter(format_: str) -> structlog.stdlib.ProcessorFormatter:
    """Make the formatter that gives a library's line the look of the application's own."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared_processors(), structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers(format_, to_text)],
    )


class NoNoise(logging.Filter):
    """Drops the development server's request lines, which repeat ours, and what Alembic says without being asked."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("alembic.runtime"):
            return record.levelno > logging.INFO or record.getMessage().startswith("Running ")
        return record.name != "werkzeug" or " - - [" not in record.getMessage()


def start_clock() -> None:
    """Remember when the request came."""
    g.started = perf_counter()


# <% if cookiecutter.auth %>
def path_without_links() -> str:
    """Give the path, without what a link from a mail carries: whoever reads the log must not be able to use it."""
    carried = (request.view_args or {}).get("token")
    return request.path.replace(carried, "...") if carried else request.path


# <% endif %>
def log_request(response: Response) -> Response:
    """Write the request's line."""
    path = request.path
    # <% if cookiecutter.auth %>
    path = path_without_links()
    # <% endif %>
    log.info(
        "request",
        method=request.method,
        path=path,
        status=response.status_code,
        duration_ms=round((perf_counter() - g.started) * 1000, 2),
        route=request.url_rule and request.url_rule.rule,
        client=request.remote_addr,
    )
    return response
