"""Unhandled exceptions, reported to Sentry or a compatible service if ``SENTRY_DSN`` is set.

A report contains the exception with its message, the traceback, the route, the method and the request id. It
contains no body, query string, cookie, header or address.
"""

from typing import TYPE_CHECKING

from flask import Flask
from structlog.contextvars import get_contextvars

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint


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
    """Remove everything of the request but its method, and add the request id."""
    event["request"] = {"method": event.get("request", {}).get("method", "")}
    event.pop("breadcrumbs", None)
    event.pop("user", None)
    event.get("extra", {}).clear()
    event.setdefault("tags", {})["request_id"] = get_contextvars().get("request_id") or ""
    return event
