"""How the API reads a request's body."""

from typing import Any

import flask_smorest
from flask import Request
from webargs.flaskparser import FlaskParser

from .conditions import Conditions


class StrictParser(FlaskParser):
    """Reads bodies as the application does, so that one place says what JSON is accepted."""

    def load_json(self, req: Request, schema: Any) -> Any:
        """Give the body; 400 when it is no usable JSON, 415 when it is not called JSON."""
        return req.get_json()


class Blueprint(Conditions, flask_smorest.Blueprint):
    """A blueprint of documented resources."""

    ARGUMENTS_PARSER = StrictParser()
