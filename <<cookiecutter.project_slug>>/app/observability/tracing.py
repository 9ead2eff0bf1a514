"""Traces and metrics for OpenTelemetry, and their ids on log lines: only where an endpoint says so.

``OTEL_EXPORTER_OTLP_ENDPOINT`` is one for both, ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` and its like are for one alone. Without
any, nothing of OpenTelemetry is put in place, and nothing is measured.
"""

import os
from collections.abc import Callable
from typing import Any

from flask import Flask
from structlog.typing import EventDict

ids: Callable[[], tuple[str, str] | None] | None = None


def init_tracing(app: Flask) -> None:
    """Measure requests, statements and what else there is, from the first request of each process on."""
    global ids
    if not app.config["OTEL"]:
        return
    os.environ.update(app.config["OTEL"])
    from . import telemetry

    telemetry.instrument(app)
    ids = telemetry.current_ids


def add_ids(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Give a log line the ids of its trace and its span, while there are any."""
    if ids and (found := ids()):
        event["trace_id"], event["span_id"] = found
    return event
