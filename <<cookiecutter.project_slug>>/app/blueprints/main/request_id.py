"""An id for each request, by which its log lines and its answer can be matched."""

import re
from uuid import uuid4

import structlog
from flask import Response, g, request

from . import main_bp

# Whatever else a client sends must not reach the logs or other services.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@main_bp.before_app_request
def identify_request() -> None:
    """Give the request the id of ``X-Request-ID`` or a new one; every log line of the request carries it."""
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


@main_bp.after_app_request
def echo_request_id(response: Response) -> Response:
    """Tell the client the id under which the logs speak of its request."""
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response
