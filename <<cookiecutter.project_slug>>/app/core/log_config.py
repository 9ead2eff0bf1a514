"""Structured logs on stdout: JSON in production, colours on a terminal.

The lines of this application, of libraries and of servers are rendered by the same processors:
https://www.structlog.org/en/stable/standard-library.html
"""

import logging
import os
import sys

import structlog
from structlog.stdlib import ProcessorFormatter, filter_by_level
from structlog.typing import Processor
# <% if cookiecutter.observability == "opentelemetry" %>

from app.observability.tracing import add_ids
# <% endif %>

SHARED_PROCESSORS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    # <% if cookiecutter.observability == "opentelemetry" %>
    add_ids,
    # <% endif %>
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# One list for the process: loggers keep it, and tests replace its items.
PROCESSORS: list[Processor] = [filter_by_level, *SHARED_PROCESSORS, ProcessorFormatter.wrap_for_formatter]


def configure_logging(level: int | str, format_: str) -> None:
    """Send every line of the process to stdout.

    Parameters:
        level: the lowest level that is written, ``INFO`` for example.
        format_: ``json``, or ``console`` for people.
    """
    renderers: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    if format_ == "console":
        colors = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        plain = structlog.dev.plain_traceback
        renderers = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, sort_keys=False)]
    processors = [ProcessorFormatter.remove_processors_meta, *renderers]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(ProcessorFormatter(processors=processors, foreign_pre_chain=SHARED_PROCESSORS))
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
