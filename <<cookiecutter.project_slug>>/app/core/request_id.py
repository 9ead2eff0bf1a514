"""The id of a request, under which its log lines are found."""

import re
from secrets import token_hex

import structlog
from flask import Flask, Response, g, request

# Anything else from a client must not reach the logs or other services.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def init_request_id(app: Flask) -> None:
    """Identify each request before anything else happens to it."""
    app.before_request(set_request_id)
    app.after_request(send_request_id)


def set_request_id() -> None:
    """Take the id from ``X-Request-ID``, or make a new one; every log line of the request carries it."""
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else token_hex(16)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def send_request_id(response: Response) -> Response:
    """Send the id to the client, who can quote it when something goes wrong."""
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response
