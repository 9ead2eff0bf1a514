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
    """Make the two resources of the version."""
    blueprint = Blueprint("api_v9", __name__)
    thing = {"id": 1, "name": "Kettle"}

    @blueprint.route("/things/")
    class Things(MethodView):
        @blueprint.response(200, ThingSchema(many=True))
        def get(self) -> list[dict[str, Any]]:
            """List things"""
            return [thing]

        @blueprint.arguments(ThingSchema)
        @blueprint.response(201, ThingSchema)
        def post(self, fields: dict[str, Any]) -> dict[str, Any]:
            """Create a thing"""
            return {"id": 2, **fields}

    @blueprint.route("/things/<int:number>")
    class OneThing(MethodView):
        @blueprint.response(200, ThingSchema)
        def get(self, number: int) -> dict[str, Any]:
            """Read a thing"""
            return thing

        @blueprint.arguments(ThingSchema)
        @blueprint.response(200, ThingSchema)
        def put(self, fields: dict[str, Any], number: int) -> dict[str, Any]:
            """Replace a thing"""
            blueprint.check_match(thing, ThingSchema)
            thing.update(fields)
            return thing

        @blueprint.response(204)
        def delete(self, number: int) -> None:
            """Delete a thing"""
            blueprint.check_match(thing, ThingSchema)

    return blueprint


def tiny_app(**settings: Any) -> Flask:
    """Make an application that serves ``/api/v9/things/`` and ``/api/v9/things/1`` beside what it always serves.

    Parameters:
        settings: what differs from the configuration of tests.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(VERSIONS, "v9", make_blueprint())
        patch.setattr("app.load_config", lambda name: load_config(name) | settings)
        return create_app("testing")
