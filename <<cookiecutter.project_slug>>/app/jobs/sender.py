"""Who wants a job, and for whom it is done."""

from typing import Any

import structlog

# <% if cookiecutter.auth %>
from app.auth.owner import act_as, owner_id
# <% endif %>
from app.models import Job
# <% if cookiecutter.observability == "opentelemetry" %>
from app.observability.job_traces import traceparent
# <% endif %>


def sender() -> dict[str, Any]:
    """Give what the row of a job keeps of whoever wants it."""
    context = structlog.contextvars.get_contextvars()
    return {
        "request_id": context.get("request_id", ""),
        # <% if cookiecutter.auth %>
        "owner_id": owner_id(),
        # <% endif %>
        # <% if cookiecutter.observability == "opentelemetry" %>
        "traceparent": traceparent(),
        # <% endif %>
    }


def headers_for(job: Job) -> dict[str, str]:
    """Give what the message about a job says of whoever wanted it, also when somebody else sends it later."""
    return {
        "request_id": job.request_id,
        # <% if cookiecutter.observability == "opentelemetry" %>
        "traceparent": job.traceparent,
        # <% endif %>
    }


def act_for(job: Job) -> None:
    """Let the log lines of this context carry the job and its request, and let it act for whoever wanted it."""
    structlog.contextvars.bind_contextvars(job=job.name, job_id=job.id, request_id=job.request_id)
    # <% if cookiecutter.auth %>
    if job.owner_id is not None:
        structlog.contextvars.bind_contextvars(user_id=job.owner_id)
        act_as(job.owner_id)
    # <% endif %>
