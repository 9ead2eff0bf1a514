"""Settings of error reports, traces and metrics."""

import tomllib
# <% if cookiecutter.observability == "opentelemetry" %>
from importlib.util import find_spec
# <% endif %>
from pathlib import Path
from typing import Any

# <% if cookiecutter.observability == "opentelemetry" %>
from environs import ValidationError, validate

# <% endif %>
from app.core.settings import Env
from app.core.validators import parsed_by

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
# <% if cookiecutter.observability == "opentelemetry" %>
# https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
PROTOCOLS = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc",
}
# <% endif %>


def observability_settings(env: Env) -> dict[str, Any]:
    """Return where errors, traces and metrics are sent."""
    # <% if cookiecutter.observability == "opentelemetry" %>
    return report_settings(env) | tracing_settings(env)
    # <% else %>
    return report_settings(env)
    # <% endif %>


def report_settings(env: Env) -> dict[str, Any]:
    """Return where errors are reported, and as which release."""

    def parse_dsn(dsn: str) -> None:
        from sentry_sdk.utils import Dsn  # only where it is used

        Dsn(dsn)

    dsn = env.secret("SENTRY_DSN", "", validate=parsed_by(parse_dsn, "Write https://key@host/project."))
    return {
        "SENTRY_DSN": dsn,
        "SENTRY_ENVIRONMENT": env.secret("SENTRY_ENVIRONMENT", env.secret("APP_ENV", "development")),
        "SENTRY_RELEASE": env.secret("SENTRY_RELEASE", release() if dsn else ""),
    }


def release() -> str:
    """Return the name and version of this project."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    return f"{project['name']}@{project['version']}"
# <% if cookiecutter.observability == "opentelemetry" %>


def tracing_settings(env: Env) -> dict[str, Any]:
    """Return the variables of OpenTelemetry as ``OTEL``, empty where nothing is sent.

    The library reads them from the environment. A signal without an endpoint has the exporter ``none``.
    """
    url = validate.URL(schemes={"http", "https"}, require_tld=False, error="Write http://collector:4318.")
    exporter = validate.OneOf(("otlp", "none"))
    endpoint = env.secret("OTEL_EXPORTER_OTLP_ENDPOINT", "", validate=url)
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": env.secret("OTEL_EXPORTER_OTLP_HEADERS", ""),
        "OTEL_EXPORTER_OTLP_PROTOCOL": env.secret(
            "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", validate=check_protocol
        ),
    }
    for signal in ("TRACES", "METRICS"):
        name = f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"
        settings[name] = env.secret(name, "", validate=url)
        chosen = env.secret(f"OTEL_{signal}_EXPORTER", "otlp", validate=exporter)
        settings[f"OTEL_{signal}_EXPORTER"] = chosen if settings[name] or endpoint else "none"
    off = {settings["OTEL_TRACES_EXPORTER"], settings["OTEL_METRICS_EXPORTER"]} == {"none"}
    if off or env.secret("OTEL_SDK_DISABLED", "false").lower() == "true":
        return {"OTEL": {}}
    return {"OTEL": {name: value for name, value in settings.items() if value}}


def check_protocol(protocol: str) -> None:
    """Validate ``OTEL_EXPORTER_OTLP_PROTOCOL``.

    Raises:
        ValidationError: it is unknown, or its package is not installed.
    """
    validate.OneOf(PROTOCOLS)(protocol)
    if find_spec("opentelemetry") is None or find_spec(PROTOCOLS[protocol]) is None:
        package = f"opentelemetry-exporter-otlp-proto-{protocol.partition('/')[0]}"
        raise ValidationError(f"Add {package} to pyproject.toml.")
# <% endif %>
