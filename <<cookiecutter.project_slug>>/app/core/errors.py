"""Error responses: a page for people, Problem Details (RFC 9457) for programs."""

import sqlite3
from collections.abc import Iterator
from itertools import islice
from time import monotonic
from typing import Any

import structlog
from flask import Flask, current_app, g, json, request
from flask_limiter import RateLimitExceeded
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadRequest, Conflict, HTTPException, SecurityError, ServiceUnavailable
from werkzeug.wrappers import Response

from app.extensions import db

PROBLEM_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 50
LAST_TRACEBACKS: dict[type[Exception], int] = {}  # the minute of the last one of each cause

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def register_error_handlers(app: Flask) -> None:
    """Render every error in one place; Flask passes unhandled exceptions as ``InternalServerError``."""
    app.register_error_handler(HTTPException, render_error)
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(error, render_unavailable)
    app.register_error_handler(DataError, render_data_error)
    app.register_error_handler(IntegrityError, render_integrity_error)
    app.register_error_handler(StaleDataError, render_stale_data)


def render_error(error: HTTPException) -> Response:
    """Return the page or the Problem Details of an error, with the headers that belong to it."""
    response = error.get_response()
    if page := None if wants_problem() else render_page(error):
        response.data, response.mimetype = page, "text/html"
    else:
        response.data, response.content_type = json.dumps(problem(error)), PROBLEM_TYPE
    if isinstance(error, RateLimitExceeded):
        response.headers["Retry-After"] = str(error.limit.limit.get_expiry())
    return response


def render_unavailable(error: Exception) -> Response:
    """Return 503 while the database is unavailable: the client may try again."""
    if getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        raise error  # SQLite is available: the SQL is wrong, or a migration is missing
    db.session.rollback()
    cause, minute = type(error), int(monotonic() / 60)
    # A traceback for each request would hide everything else.
    traceback = error if LAST_TRACEBACKS.get(cause) != minute else None
    LAST_TRACEBACKS[cause] = minute
    reason = str(getattr(error, "orig", error)).partition("\n")[0]
    log.error("database unavailable", reason=reason, exc_info=traceback)
    return render_error(ServiceUnavailable("The database is unavailable.", retry_after=5))


def render_data_error(error: DataError) -> Response:
    """Return 400 for what PostgreSQL cannot store, a number beyond its integers for example."""
    db.session.rollback()
    log.warning("data error", error=type(error.orig).__name__)  # its message contains values of the row
    return render_error(BadRequest("The database cannot store one of the values."))


def render_integrity_error(error: IntegrityError) -> Response:
    """Return 409 for a violated constraint: a value that must be unique, or a row that others refer to."""
    db.session.rollback()
    # PostgreSQL's own message contains values of the row, which must not be logged.
    diagnostics = getattr(error.orig, "diag", None)
    constraint = diagnostics.constraint_name or diagnostics.column_name if diagnostics else str(error.orig)
    log.warning("constraint violated", constraint=constraint)
    return render_error(Conflict("Other data refers to it, or has the same value."))


def render_stale_data(error: StaleDataError) -> Response:
    """Return 409 when a row was changed or deleted between reading and writing it."""
    db.session.rollback()
    log.info("stale data", error=str(error))
    return render_error(Conflict("It was changed or deleted in the meantime: reload it and try again."))


def render_page(error: HTTPException) -> str | None:
    """Return the error page, or None where it cannot be rendered: an error must not end in another.

    Context processors are left out, because they may query a database that is down, for the current user for
    example.
    """
    try:
        return current_app.jinja_env.get_template("error.html").render(error=error)
    except Exception:
        log.exception("error page failed")
        return None


def wants_problem() -> bool:
    """Return whether the client gets Problem Details: an API path was requested, or no HTML is accepted.

    So does a request with an untrusted host: pages hold links, and links need a host.
    """
    accepts_html = "text/html" in request.headers.get("Accept", "")
    untrusted = isinstance(request.routing_exception, SecurityError)
    return not accepts_html or untrusted or request.path.startswith(current_app.config["PROBLEM_PATHS"])


def problem(error: HTTPException) -> dict[str, Any]:
    """Return the Problem Details of an error, with ``errors`` for fields and the request id for the logs."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": error.name,
        "status": error.code,
        "detail": error.description,
        "request_id": g.get("request_id"),
    }
    # webargs attaches marshmallow's messages to the exception.
    messages = (getattr(error, "data", None) or {}).get("messages")
    if fields := list(islice(field_errors(messages), MAX_FIELD_ERRORS)):
        document["errors"] = fields
        if error.code == 422:
            document["detail"] = "The request is well-formed, but does not match the schema."
    return document


def field_errors(messages: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Flatten marshmallow's messages into a ``detail`` and a ``pointer`` (RFC 6901) each.

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
