"""A version of the API for the tests of what all versions share."""

from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView
from marshmallow import Schema, fields
from marshmallow.validate import Length

from app import create_app
from app.blueprints.api import VERSIONS
from app.blueprints.api.parsing import Blueprint
from app.config import load_config


class ThingSchema(Schema):
    """A thing."""

    id = fields.Integer(dump_only=True)
    name = fields.String(required=True, validate=Length(1, 20), metadata={"example": "Kettle"})
    colour = fields.String()


def make_blueprint() -> Any:
    """Make the one resource of the version."""
    blueprint = Blueprint("api_v9", __name__)

    @blueprint.route("/things/")
    class Things(MethodView):
        @blueprint.response(200, ThingSchema(many=True))
        def get(self) -> list[dict[str, Any]]:
            """List things"""
            return [{"id": 1, "name": "Kettle"}]

        @blueprint.arguments(ThingSchema)
        @blueprint.response(201, ThingSchema)
        def post(self, thing: dict[str, Any]) -> dict[str, Any]:
            """Create a thing"""
            return {"id": 2, **thing}

    return blueprint


def tiny_app(**settings: Any) -> Flask:
    """Make an application that serves ``/api/v9/things/`` beside what it always serves.

    Parameters:
        settings: what differs from the configuration of tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(VERSIONS, "v9", make_blueprint())
        patch.setattr("app.load_config", lambda name: load_config(name) | settings)
        return create_app("testing")
