"""What a client sees of an error: a page for people, a problem document (RFC 9457) for programs."""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from time import time
from typing import Any

import structlog
from flask import Flask, current_app, g, json, render_template, request
from flask.globals import request_ctx
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import BadRequest, Conflict, HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

from app.extensions import db, limiter

PROBLEM_TYPE = "application/problem+json"
RETRY_AFTER = 5  # seconds
MANY = 50  # fields that are told of, whatever a client has made up

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def register_error_handlers(app: Flask) -> None:
    """Answer every HTTP error in one place; Flask turns an unhandled exception into a 500 before it comes here."""
    app.log_exception = log_exception  # type: ignore[method-assign]
    app.register_error_handler(HTTPException, render_error)
    for failure in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(failure, render_unavailable)
    app.register_error_handler(DataError, render_unstorable)
    app.register_error_handler(StaleDataError, render_conflict)


def log_exception(exc_info: Any) -> None:
    """Log what nobody handled, by its route: the path itself may be a link that opens an account."""
    route = request.url_rule.rule if request.url_rule else "no route"
    current_app.logger.error("Exception on %s [%s]", route, request.method, exc_info=exc_info)


def render_error(error: HTTPException) -> Response:
    """Give the page or the problem document of an error, with the headers that belong to it."""
    response = error.get_response()
    if page := None if wants_problem() else render_page(error):
        response.data, response.mimetype = page, "text/html"
    else:
        response.data, response.content_type = json.dumps(problem(error)), PROBLEM_TYPE
    if limit := limiter.current_limit if error.code == HTTPStatus.TOO_MANY_REQUESTS else None:
        response.headers["Retry-After"] = str(max(1, limit.reset_at - int(time())))
    return response


def render_unavailable(error: Exception) -> Response:
    """Answer 503 when the database does not: the client may try again, and needs no new deployment for it."""
    db.session.rollback()
    log.error("database unavailable", error=type(error).__name__, exc_info=error)
    return render_error(ServiceUnavailable("The database does not answer.", retry_after=RETRY_AFTER))


def render_unstorable(error: DataError) -> Response:
    """Answer 400 when the database has no room for a value, a number beyond its integers for example."""
    db.session.rollback()
    log.warning("value refused by the database", error=type(error.orig).__name__, exc_info=error)
    return render_error(BadRequest("The database cannot take one of the values."))


def render_conflict(error: StaleDataError) -> Response:
    """Answer 409 when what is to be changed was removed by somebody else between the question and the change."""
    db.session.rollback()
    log.info("changed meanwhile", error=str(error))
    return render_error(Conflict("Somebody else has changed or removed it meanwhile."))


def render_page(error: HTTPException) -> str | None:
    """Give the page of an error, or None when there is no way to render it: an error must not end in another.

    What pages show of a visitor may be asked of the database. Where that fails, or has just failed, the page is the one
    that strangers get.
    """
    renderers = (render_template, render_for_stranger)
    for render in renderers[error.code == HTTPStatus.SERVICE_UNAVAILABLE :]:
        try:
            return render("error.html", error=error)
        except Exception as failure:
            log.error("error page failed", error=type(failure).__name__, exc_info=failure)
    return None


def render_for_stranger(template: str, **values: Any) -> str:
    """Render a template without what context processors find out, the account of a session for example."""
    return current_app.jinja_env.get_template(template).render(values, current_user=None)


def wants_problem() -> bool:
    """Tell whether this request is a program's: by its path, or because it does not ask for HTML.

    A request whose host is not trusted gets no page either: pages hold links, and links need a host.
    """
    prefixes = current_app.config["PROBLEM_PATHS"]
    accepts_html = "text/html" in request.headers.get("Accept", "")
    return request.path.startswith(prefixes) or not accepts_html or request_ctx.url_adapter is None


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
    messages = (getattr(error, "data", None) or {}).get("messages")
    if fields := list(islice(field_errors(messages), MANY)):
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
