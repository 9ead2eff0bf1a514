"""Authentication of API clients by a bearer token (RFC 6750)."""

from flask import request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Forbidden, Unauthorized

from app.auth.owner import act_as
from app.auth.tokens import find_token

SECURITY_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of an account, with the scope `read` for GET and `write` for other methods.",
}


def authenticate() -> None:
    """Act for the owner of the token; session cookies are ignored.

    Raises:
        werkzeug.exceptions.Unauthorized: the token is missing or invalid.
        werkzeug.exceptions.Forbidden: the token lacks the scope.
    """
    if request.method == "OPTIONS":
        return  # a browser's preflight request carries no token
    sent = request.authorization
    token = find_token(sent.token or "") if sent and sent.type == "bearer" else None
    if token is None:
        details: dict[str, str | None] = {"realm": "API"}
        if "Authorization" in request.headers:
            details["error"] = "invalid_token"
        raise Unauthorized("A valid token is required.", www_authenticate=WWWAuthenticate("bearer", details))
    scope = "read" if request.method in ("GET", "HEAD") else "write"
    if scope not in token.scopes.split():
        raise Forbidden(f"The token lacks the scope {scope}.")
    act_as(token.user_id)
