"""The blueprint that every version of the API uses."""

from typing import Any

import flask_smorest
from flask import Request, Response, request
from webargs.flaskparser import FlaskParser
# <% if cookiecutter.auth %>

from .guard import authenticate
# <% endif %>


class JSONParser(FlaskParser):
    """Reads JSON by ``request.get_json()``, so that ``app.json`` decides what is accepted."""

    def load_json(self, req: Request, schema: Any) -> Any:
        """Return the body; respond 400 when it is invalid JSON, 415 when it has another Content-Type."""
        return req.get_json()


class Blueprint(flask_smorest.Blueprint):
    """A blueprint of documented resources."""

    ARGUMENTS_PARSER = JSONParser()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # <% if cookiecutter.auth %>
        self.before_request(authenticate)
        # <% endif %>
        self.after_request(add_etag)


def add_etag(response: Response) -> Response:
    """Add an ``ETag``, and respond 304 if the client's copy is current (RFC 9110, section 13)."""
    if request.method in ("GET", "HEAD") and response.status_code == 200 and not response.is_streamed:
        response.add_etag()
        response.headers.setdefault("Cache-Control", "no-cache")
        response.make_conditional(request)
    return response
