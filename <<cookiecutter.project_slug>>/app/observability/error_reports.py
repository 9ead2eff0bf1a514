"""Unhandled exceptions, told to a service that speaks Sentry's protocol: only where ``SENTRY_DSN`` names one.

A report holds the exception, its traceback and the words of our own log line. Nothing that a visitor sent is in it: no
body, query, cookie, header or address, and none of the variables on the stack.
"""

import tomllib
from typing import Any

from flask import Flask, g, request
from flask.signals import got_request_exception

from app.core.environment import Environment

SECONDS = 2  # at the most, to send what is still waiting when the process ends


def report_settings(env: Environment, basis: Any) -> dict[str, Any]:
    """Read where reports go and what they say of themselves; an unusable address is left in ``env.problems``.

    Parameters:
        env: where the values come from.
        basis: the settings so far.
    """
    if dsn := env.text("SENTRY_DSN"):
        from sentry_sdk.utils import BadDsn, Dsn

        try:
            Dsn(dsn)
        except BadDsn:
            env.problems.append("SENTRY_DSN is no address for reports: write https://key@host/project")
            dsn = ""
    return {
        "SENTRY_DSN": dsn,
        "SENTRY_ENVIRONMENT": env.text("SENTRY_ENVIRONMENT") or env.text("APP_ENV", "development"),
        "SENTRY_RELEASE": env.text("SENTRY_RELEASE") or (release() if dsn else ""),
    }


def release() -> str:
    """Give the name and version of this project."""
    from app.config import ROOT

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['name']}@{project['version']}"


def init_error_reports(app: Flask) -> None:
    """Report what nobody handled. Without ``SENTRY_DSN`` the library is not even imported."""
    if not app.config["SENTRY_DSN"]:
        return
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration

    # Nothing is hooked into other libraries, and nothing is connected or started before the first report.
    sentry_sdk.init(
        dsn=app.config["SENTRY_DSN"],
        environment=app.config["SENTRY_ENVIRONMENT"],
        release=app.config["SENTRY_RELEASE"],
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[AtexitIntegration(callback=lambda pending, timeout: None)],
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        enable_backpressure_handling=False,
        send_client_reports=False,
        shutdown_timeout=SECONDS,
    )
    got_request_exception.connect(report, app)


def report(_app: Flask, exception: BaseException, **_: Any) -> None:
    """Report an exception, under the id by which the logs know its request."""
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_transaction_name(request.url_rule.rule if request.url_rule else "none")
        scope.set_tag("request_id", g.get("request_id", ""))
        scope.set_tag("method", request.method)
        scope.capture_exception(exception)
