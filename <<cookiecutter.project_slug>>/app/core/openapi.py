"""OpenAPI: one document and one interactive page for each version of the API."""

from typing import Any

import flask_smorest
from apispec import BasePlugin
from flask import Blueprint, Flask, current_app, jsonify, render_template
from flask_smorest.pagination import PaginationMetadataSchema
from marshmallow import Schema, fields
from werkzeug.wrappers import Response

from .apidocs import ApiPage
from .errors import PROBLEM_TYPE


class FieldErrorSchema(Schema):
    """What is wrong with one value."""

    pointer = fields.String(
        metadata={"description": "Where the value was sent, as a JSON Pointer (RFC 6901)."}
    )
    detail = fields.String(metadata={"description": "What is wrong with it."})


class ProblemSchema(Schema):
    """An error as RFC 9457 describes it."""

    type = fields.String(
        metadata={"description": "The kind of problem, as a URI; `about:blank` says: see `status`."}
    )
    title = fields.String(metadata={"description": "The kind of problem in words."})
    status = fields.Integer(metadata={"description": "The HTTP status code."})
    detail = fields.String(metadata={"description": "What happened this time."})
    request_id = fields.String(metadata={"description": "The id to name when you ask for help."})
    errors = fields.List(
        fields.Nested(FieldErrorSchema), metadata={"description": "One entry for each value."}
    )


class DeprecationPlugin(BasePlugin):
    """Marks every operation of a version that will go."""

    def operation_helper(self, path: str | None = None, operations: Any = None, **kwargs: Any) -> None:
        """Mark the operations of a path."""
        for operation in operations.values():
            operation["deprecated"] = True


class VersionedApi(flask_smorest.Api):
    """One version of the API with its document (``openapi.json``) and its page (``docs``).

    Parameters:
        version: the name of the version, ``v1`` for example; its blueprint is ``api_<version>``.

    A version that will go says so in its document and on its page when the configuration has
    ``API_<VERSION>_DEPRECATED_ON`` and ``API_<VERSION>_SUNSET_ON``.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, version: str) -> None:
        super().__init__(config_prefix=version)
        self.version = version
        self.end: tuple[str, str] | None = None

    def init_app(self, app: Flask, *, spec_kwargs: dict[str, Any] | None = None) -> None:
        """Bind the version to ``app`` and publish its document."""
        name = f"API_{self.version.upper()}"
        deprecated, sunset = app.config.get(f"{name}_DEPRECATED_ON"), app.config.get(f"{name}_SUNSET_ON")
        self.end = (deprecated, sunset) if deprecated and sunset else None
        defaults = {
            "title": app.config["APP_NAME"],
            "version": self.version,
            "openapi_version": "3.1.0",
            "info": {"description": app.config["APP_DESCRIPTION"]},
            "extra_plugins": [DeprecationPlugin()] if self.end else [],
        }
        super().init_app(app, spec_kwargs={**defaults, **(spec_kwargs or {})})
        app.register_blueprint(self.make_docs_blueprint(), url_prefix=f"/api/{self.version}")

    def make_docs_blueprint(self) -> Blueprint:
        """Make the blueprint of the document and its page."""
        docs = Blueprint(f"api_{self.version}_docs", __name__)
        spec, end = self.spec, self.end  # those of this application; the next one replaces them

        @docs.get("/openapi.json")
        def document() -> Response:
            return jsonify(spec.to_dict())

        @docs.get("/docs")
        def page() -> str:
            apis = current_app.extensions["flask-smorest"]["apis"].values()
            versions = [entry["ext_obj"].version for entry in apis]
            api = ApiPage(spec.to_dict())
            return render_template("api/docs.html", api=api, end=end, versions=versions)

        return docs

    def _register_responses(self) -> None:
        """Describe errors with the media type in which they are sent."""
        self.DEFAULT_RESPONSE_CONTENT_TYPE = PROBLEM_TYPE
        super()._register_responses()
        del self.DEFAULT_RESPONSE_CONTENT_TYPE  # the class's own is for answers

    def _register_pagination_header(self) -> None:
        """Describe the header as what it is: a text that holds JSON."""
        metadata = {"application/json": {"schema": PaginationMetadataSchema}}
        header = {"description": "How many there are, and on how many pages.", "content": metadata}
        self.spec.components.header("PAGINATION", header, lazy=True)

    def _register_error_handlers(self) -> None:
        """Leave errors to the application, which answers all of them in one place."""
