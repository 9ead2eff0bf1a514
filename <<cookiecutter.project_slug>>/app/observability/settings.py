"""Settings of error reports, traces and metrics."""

from typing import Any

from environs import validate

from app.core.settings import Env

DSN = validate.Regexp(r"https?://[^/@\s]+@[^/@\s]+/(.*/)?\d+\Z", error="Write https://key@host/project.")


def observability_settings(env: Env) -> dict[str, Any]:
    """Return where errors, traces and metrics are sent."""
    # <% if cookiecutter.observability == "opentelemetry" %>
    return report_settings(env) | tracing_settings(env)
    # <% else %>
    return report_settings(env)
    # <% endif %>


def report_settings(env: Env) -> dict[str, Any]:
    """Return where errors are reported, and as which release; the library knows some platforms' variables."""
    return {
        "SENTRY_DSN": env.secret("SENTRY_DSN", "", validate=DSN),
        "SENTRY_ENVIRONMENT": env.secret("SENTRY_ENVIRONMENT", env.secret("APP_ENV", "development")),
        "SENTRY_RELEASE": env.secret("SENTRY_RELEASE", "") or None,
    }
# <% if cookiecutter.observability == "opentelemetry" %>


def tracing_settings(env: Env) -> dict[str, Any]:
    """Return the variables of OpenTelemetry as ``OTEL``, empty where nothing is sent.

    The library reads them from the environment. A signal without an endpoint has the exporter ``none``. See
    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
    """
    url = validate.URL(schemes={"http", "https"}, require_tld=False, error="Write http://collector:4318.")
    exporter = validate.OneOf(("otlp", "none"))
    endpoint = env.secret("OTEL_EXPORTER_OTLP_ENDPOINT", "", validate=url)
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_HEADERS": env.secret("OTEL_EXPORTER_OTLP_HEADERS", ""),
    }
    env.secret("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", validate=validate.OneOf(("http/protobuf",)))
    for signal in ("TRACES", "METRICS"):
        name = f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"
        settings[name] = env.secret(name, "", validate=url)
        chosen = env.secret(f"OTEL_{signal}_EXPORTER", "otlp", validate=exporter)
        settings[f"OTEL_{signal}_EXPORTER"] = chosen if settings[name] or endpoint else "none"
    off = {settings["OTEL_TRACES_EXPORTER"], settings["OTEL_METRICS_EXPORTER"]} == {"none"}
    if off or env.secret("OTEL_SDK_DISABLED", "false").lower() == "true":
        return {"OTEL": {}}
    return {"OTEL": {name: value for name, value in settings.items() if value}}
# <% endif %>
