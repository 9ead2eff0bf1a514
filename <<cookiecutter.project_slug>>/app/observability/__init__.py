"""Metrics, traces and error reports."""

from flask import Flask

from .error_reports import init_error_reports
# <% if cookiecutter.observability == "prometheus" and cookiecutter.jobs == "celery" %>
from .job_metrics import init_job_metrics
# <% endif %>
# <% if cookiecutter.observability == "prometheus" %>
from .metrics import init_metrics
# <% endif %>
# <% if cookiecutter.observability == "opentelemetry" %>
from .tracing import init_tracing
# <% endif %>


def init_observability(app: Flask) -> None:
    """Set up metrics, traces and error reports; called first, so that they cover the other extensions."""
    # <% if cookiecutter.observability == "opentelemetry" %>
    init_tracing(app)
    # <% endif %>
    # <% if cookiecutter.observability == "prometheus" %>
    init_metrics(app)
    # <% endif %>
    # <% if cookiecutter.observability == "prometheus" and cookiecutter.jobs == "celery" %>
    init_job_metrics(app)
    # <% endif %>
    init_error_reports(app)
