"""Unhandled exceptions, reported to Sentry or a compatible service if ``SENTRY_DSN`` is set.

A report contains the exception, its traceback and the request id, and nothing that a client has sent.
"""

import tomllib
from typing import TYPE_CHECKING, Any

from flask import Flask
from structlog.contextvars import get_contextvars

from app.core.environment import Environment

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


def report_settings(env: Environment, base: Any) -> dict[str, Any]:
    """Return the settings of error reports; what is wrong with them is added to ``env.problems``."""
    if dsn := env.text("SENTRY_DSN"):
        from sentry_sdk.utils import BadDsn, Dsn

        try:
            Dsn(dsn)
        except BadDsn:
            env.problems.append("SENTRY_DSN is not a DSN: write https://key@host/project")
            dsn = ""
    return {
        "SENTRY_DSN": dsn,
        "SENTRY_ENVIRONMENT": env.text("SENTRY_ENVIRONMENT") or env.text("APP_ENV", "development"),
        "SENTRY_RELEASE": env.text("SENTRY_RELEASE") or (release() if dsn else ""),
    }


def release() -> str:
    """Return the name and version of this project."""
    from app.config import ROOT

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}@{project['version']}"


def init_error_reports(app: Flask) -> None:
    """Report unhandled exceptions. Without ``SENTRY_DSN`` the library is not imported."""
    if not app.config["SENTRY_DSN"]:
        return
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    # <% if cookiecutter.jobs == "celery" %>
    from sentry_sdk.integrations.celery import CeleryIntegration
    # <% endif %>
    from sentry_sdk.integrations.flask import FlaskIntegration

    sentry_sdk.init(
        dsn=app.config["SENTRY_DSN"],
        environment=app.config["SENTRY_ENVIRONMENT"],
        release=app.config["SENTRY_RELEASE"],
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            AtexitIntegration(callback=lambda pending, timeout: None),
            # <% if cookiecutter.jobs == "celery" %>
            CeleryIntegration(),
            # <% endif %>
            FlaskIntegration(transaction_style="url"),
        ],
        before_send=remove_input,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        enable_backpressure_handling=False,
        send_client_reports=False,
    )


def remove_input(event: "Event", _hint: "Hint") -> "Event":
    """Keep the method of a request alone, and add the id by which the logs know it."""
    event["request"] = {"method": event.get("request", {}).get("method", "")}
    event.pop("breadcrumbs", None)
    event.pop("user", None)
    event.get("extra", {}).clear()
    event.setdefault("tags", {})["request_id"] = get_contextvars().get("request_id") or ""
    return event
