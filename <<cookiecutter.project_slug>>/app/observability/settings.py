"""The settings of what others are told while this runs."""

from typing import Any

from app.core.environment import Environment

from .error_reports import report_settings
# <% if cookiecutter.observability == "opentelemetry" %>
from .tracing import tracing_settings
# <% endif %>


def observability_settings(env: Environment, basis: Any) -> dict[str, Any]:
    """Read the settings; what cannot be used is left in ``env.problems``.

    Parameters:
        env: where the values come from.
        basis: the settings so far.
    """
    # <% if cookiecutter.observability == "opentelemetry" %>
    return report_settings(env, basis) | tracing_settings(env, basis)
    # <% else %>
    return report_settings(env, basis)
    # <% endif %>
