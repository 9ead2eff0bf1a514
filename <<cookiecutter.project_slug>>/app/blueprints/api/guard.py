"""How programs prove who they are: a token in the header ``Authorization`` (RFC 6750)."""

from http import HTTPStatus
from typing import Any

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from app.auth.owner import act_as
from app.auth.tokens import find_token

from .parsing import Blueprint

SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token from the page “API tokens” of an account.",
}
READING = ("GET", "HEAD")


class GuardedBlueprint(Blueprint):
    """Resources for programs with a token; cookies count for nothing here.

    Reading asks for the scope ``read``, everything else for ``write``. Both are asked before the body is read.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before_request(authenticate)
        self._prepare_doc_cbks.append(describe)


def authenticate() -> None:
    """Act for the owner of the token.

    Raises:
        werkzeug.exceptions.Unauthorized: there is no token, or none that is good now.
        werkzeug.exceptions.Forbidden: the token has not the scope.
    """
    if request.method == "OPTIONS":
        return  # asked by browsers on behalf of other origins' scripts, never with a token
    sent = request.authorization
    token = find_token(sent.token or "") if sent and sent.type == "bearer" else None
    if token is None:
        details: dict[str, str | None] = {"realm": "API"}
        if "Authorization" in request.headers:
            details["error"] = "invalid_token"
        raise Unauthorized("A valid token is needed.", www_authenticate=WWWAuthenticate("bearer", details))
    scope = needed(request.method)
    if scope not in token.scopes.split():
        raise Forbidden(f"The token has not the scope {scope}.")
    act_as(token.user_id)


def needed(method: str) -> str:
    """Give the scope that a method asks for."""
    return "read" if method in READING else "write"


def describe(doc: dict[str, Any], info: Any, *, method: str, **_: Any) -> dict[str, Any]:
    """Say in the document what an operation asks for, and what it answers without that."""
    doc["security"] = [{"token": [needed(method.upper())]}]
    for status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        doc.setdefault("responses", {})[str(status.value)] = status.name
    return doc
