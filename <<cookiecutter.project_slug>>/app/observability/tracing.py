"""Traces and metrics for OpenTelemetry, and their ids on log lines: only where an endpoint says so.

``OTEL_EXPORTER_OTLP_ENDPOINT`` is one for both, ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` and its like are for one alone. Without
any, nothing of OpenTelemetry is put in place, and nothing is measured.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from structlog.typing import EventDict

from app.core.environment import Environment

# https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
# These may also stand in .env, or come as NAME_FILE. The library itself reads all others.
NAMES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_METRICS_EXPORTER",
    "OTEL_RESOURCE_ATTRIBUTES",
    "OTEL_SDK_DISABLED",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_EXPORTER",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
)
SIGNALS = ("TRACES", "METRICS")
PROTOCOLS = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
}

ids: Callable[[], tuple[str, str] | None] | None = None


def tracing_settings(env: Environment, basis: Any) -> dict[str, Any]:
    """Read the variables of OpenTelemetry; what cannot be used is left in ``env.problems``.

    Parameters:
        env: where the values come from.
        basis: the settings so far.

    Returns:
        ``OTEL``: the variables, none when nothing is to be sent; ``OTEL_TRACES_EXPORTER`` and its like say what is.
    """
    given = {name: value for name in NAMES if (value := env.text(name))}
    exporters = {f"OTEL_{signal}_EXPORTER": exporter(given, signal) for signal in SIGNALS}
    if given.get("OTEL_SDK_DISABLED", "").lower() == "true" or set(exporters.values()) == {"none"}:
        return {"OTEL": {}}
    given |= exporters
    for name, value in given.items():
        if name.endswith("_ENDPOINT") and not is_address(value):
            env.problems.append(f"{name} is no address: write http://collector:4318")
        if name.endswith("_EXPORTER") and value not in ("otlp", "none"):
            env.problems.append(f"{name} must be otlp or none")
    protocol = given.setdefault("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
    if protocol not in PROTOCOLS:
        env.problems.append(f"OTEL_EXPORTER_OTLP_PROTOCOL must be one of {', '.join(PROTOCOLS)}")
    elif find_spec("opentelemetry") is None or find_spec(PROTOCOLS[protocol]) is None:
        package = f"opentelemetry-exporter-otlp-proto-{protocol.partition('/')[0]}"
        env.problems.append(f"OTEL_EXPORTER_OTLP_PROTOCOL {protocol} needs a package: add {package}")
    return {"OTEL": given}


def exporter(given: dict[str, str], signal: str) -> str:
    """Give what sends a signal: ``none`` where it has no endpoint, or was switched off."""
    endpoint = given.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") or given.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    return given.get(f"OTEL_{signal}_EXPORTER", "otlp") if endpoint else "none"


def is_address(text: str) -> bool:
    """Tell whether a collector may be there."""
    try:
        return urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname)
    except ValueError:
        return False


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
