"""What a client sees of an error: a page for people, a problem document (RFC 9457) for programs."""

from collections.abc import Iterator
from typing import Any

from flask import Flask, current_app, g, json, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

PROBLEM_TYPE = "application/problem+json"


def register_error_handlers(app: Flask) -> None:
    """Answer every HTTP error in one place; Flask turns an unhandled exception into a 500 before it comes here."""
    app.register_error_handler(HTTPException, render_error)


def render_error(error: HTTPException) -> Response:
    """Give the page or the problem document of an error, with the headers that belong to it."""
    response = error.get_response()
    if wants_problem():
        response.data, response.content_type = json.dumps(problem(error)), PROBLEM_TYPE
    else:
        response.data, response.mimetype = render_template("error.html", error=error), "text/html"
    return response


def wants_problem() -> bool:
    """Tell whether this request is a program's: by its path, or because it does not ask for HTML."""
    prefixes = current_app.config["PROBLEM_PATHS"]
    return request.path.startswith(prefixes) or "text/html" not in request.headers.get("Accept", "")


def problem(error: HTTPException) -> dict[str, Any]:
    """Describe an error as RFC 9457 does, with ``errors`` for each field and the id to ask the logs for."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": error.name,
        "status": error.code,
        "detail": error.description,
        "request_id": g.get("request_id"),
    }
    # webargs hangs what does not fit the schema on the exception.
    if fields := list(field_errors((getattr(error, "data", None) or {}).get("messages"))):
        document["detail"] = "The request is well-formed and does not fit the schema."
        document["errors"] = fields
    return document


def field_errors(messages: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Flatten marshmallow's nested messages into a list of ``detail`` and ``pointer`` (RFC 6901).

    The first part of a pointer is where the value was sent: ``json``, ``query``, ``headers`` and so on.
    """
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from field_errors(value, (*path, str(key)))
    elif isinstance(messages, list):
        for value in messages:
            yield from field_errors(value, path)
    elif messages is not None:
        pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)
        yield {"pointer": f"#/{pointer}", "detail": str(messages)}
