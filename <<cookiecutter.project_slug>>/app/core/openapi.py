"""Additions to the OpenAPI document that flask-smorest generates from the views."""

import re
from importlib.resources import files
from typing import Any

import flask_smorest
from apispec import APISpec, BasePlugin
from apispec.ext.marshmallow import resolver
from flask import Blueprint, jsonify, render_template, request
from marshmallow import Schema, fields
from werkzeug.wrappers import Response

from .errors import PROBLEM_TYPE

ARTICLES = frozenset({"a", "an", "the"})
ETAG = {"description": "Sent back as `If-None-Match`, it saves the body.", "schema": {"type": "string"}}
SWAGGER_UI = str(files("flask_swagger_ui") / "dist")


class FieldErrorSchema(Schema):
    """An invalid value."""

    pointer = fields.String(metadata={"description": "Location of the value, as a JSON Pointer (RFC 6901)."})
    detail = fields.String(metadata={"description": "Why the value is invalid."})


class ProblemSchema(Schema):
    """Problem Details (RFC 9457)."""

    type = fields.String(metadata={"description": "A URI that identifies the problem type."})
    title = fields.String(metadata={"description": "A summary of the problem type."})
    status = fields.Integer(metadata={"description": "The HTTP status code."})
    detail = fields.String(metadata={"description": "What happened this time."})
    request_id = fields.String(metadata={"description": "The request ID, to be quoted to support."})
    errors = fields.List(fields.Nested(FieldErrorSchema), metadata={"description": "The invalid values."})


def schema_name(schema: Any) -> str:
    """Return ``ThingPatch`` for ``ThingSchema(partial=True)``: the document needs a name for each."""
    return resolver(schema) + ("Patch" if getattr(schema, "partial", False) else "")


class Api(flask_smorest.Api):
    """A version of the API; its errors are Problem Details."""

    ERROR_SCHEMA = ProblemSchema


class OperationsPlugin(BasePlugin):
    """Completes every operation: its id and its entity tag.

    See https://apispec.readthedocs.io/en/latest/writing_plugins.html.
    """

    def operation_helper(self, path: str | None = None, operations: Any = None, **kwargs: Any) -> None:
        """Complete the operations of a path."""
        for method, operation in operations.items():
            if summary := operation.get("summary"):
                operation.setdefault("operationId", operation_id(summary))
            if method == "get" and (success := operation["responses"].get(200)):
                success.setdefault("headers", {})["ETag"] = ETAG
                operation["responses"][304] = {"description": "Not Modified"}

    def response_helper(self, response: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Describe errors with their media type; flask-smorest registers no other responses by name."""
        if content := response.get("content"):
            return {"content": {PROBLEM_TYPE: content["application/json"]}}
        return {}


def docs_blueprint(version: str, spec: APISpec) -> Blueprint:
    """Return a blueprint that serves a version's document, ``openapi.json``, and Swagger UI, ``docs``."""
    docs = Blueprint(f"api_{version}_docs", __name__, static_folder=SWAGGER_UI, static_url_path="/docs")

    @docs.get("/openapi.json")
    def document() -> Response:
        servers = [{"url": request.script_root}] if request.script_root else []
        # Operations have the tags of their resource; flask-smorest would list the blueprint.
        return jsonify({**spec.to_dict(), "servers": servers, "tags": []})

    @docs.get("/docs")
    def page() -> str:
        return render_template("api/docs.html", version=version)

    return docs


def operation_id(summary: str) -> str:
    """Return ``createBook`` for ``Create a book``."""
    words = [word.title() for word in re.findall(r"\w+", summary.lower()) if word not in ARTICLES]
    return "".join([words[0].lower(), *words[1:]])
