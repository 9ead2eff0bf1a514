"""The REST API, a package for each version; versions share services and models, never each other's code."""

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask_cors import CORS

from app.core.openapi import Api, OperationsPlugin, docs_blueprint, schema_name
from app.extensions import csrf

# <% if cookiecutter.api == "v1-v2" %>
from .deprecation import DeprecationPlugin
# <% endif %>
# <% if cookiecutter.auth %>
from .guard import SECURITY_SCHEME
# <% endif %>
from .v1 import api_v1_bp
# <% if cookiecutter.api == "v1-v2" %>
from .v2 import api_v2_bp
# <% endif %>

VERSIONS = {
    "v1": api_v1_bp,
    # <% if cookiecutter.api == "v1-v2" %>
    "v2": api_v2_bp,
    # <% endif %>
}
# Beside the headers that scripts of another origin may always read.
EXPOSED_HEADERS = ["Deprecation", "ETag", "Link", "Location", "Retry-After", "Sunset", "X-Request-ID"]


def register_api(app: Flask) -> None:
    """Serve every version under ``/api/<version>``, with its ``openapi.json`` and its page ``docs``."""
    for version, blueprint in VERSIONS.items():
        spec: dict[str, Any] = {
            "title": f"{app.config['APP_NAME']} API",
            "version": version,
            "openapi_version": "3.1.0",
            "info": {"description": app.config["APP_DESCRIPTION"]},
            # <% if cookiecutter.auth %>
            "security": [{"token": []}],
            # <% endif %>
            "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=schema_name),
            "extra_plugins": [OperationsPlugin()],
        }
        # <% if cookiecutter.api == "v1-v2" %>
        if version == "v1":
            spec["extra_plugins"].append(DeprecationPlugin())
        # <% endif %>
        api = Api(app, config_prefix=version, spec_kwargs=spec)
        # <% if cookiecutter.auth %>
        api.spec.components.security_scheme("token", SECURITY_SCHEME)
        # <% endif %>
        api.register_blueprint(blueprint, url_prefix=f"/api/{version}")
        app.register_blueprint(docs_blueprint(version, api.spec), url_prefix=f"/api/{version}")
        csrf.exempt(blueprint)  # no cookie authenticates a request here, so none can be forged
    if origins := app.config["CORS_ORIGINS"]:
        CORS(app, resources=r"/api/*", origins=origins, expose_headers=EXPOSED_HEADERS)
