"""Traces and metrics by OpenTelemetry, and trace ids on log lines, if an endpoint is set.

``OTEL_EXPORTER_OTLP_ENDPOINT`` is for both, ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` and
``OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`` for one. Without any, OpenTelemetry is not imported.
"""

import os
from collections.abc import Callable
from typing import Any

from flask import Flask
from structlog.typing import EventDict

ids: Callable[[], tuple[str, str] | None] | None = None


def init_tracing(app: Flask) -> None:
    """Set up OpenTelemetry; each process exports from its first request on."""
    global ids
    if not app.config["OTEL"]:
        return
    os.environ.update(app.config["OTEL"])
    from . import telemetry

    telemetry.instrument(app)
    ids = telemetry.current_ids


def add_ids(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Add the ids of the current trace and span to a log line."""
    if ids and (found := ids()):
        event["trace_id"], event["span_id"] = found
    return event
