"""The REST API, a package for each version; versions share services and models, never each other's code."""

from flask import Flask
from flask_cors import CORS

from app.core.openapi import VersionedApi
from app.extensions import csrf

# <% if cookiecutter.api == "v1-v2" %>
from .deprecation import announce_deprecations
# <% endif %>
# <% if cookiecutter.auth %>
from .guard import SCHEME
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


def register_api(app: Flask) -> None:
    """Serve every version under ``/api/<version>``, each with a document and a page of its own."""
    for version, blueprint in VERSIONS.items():
        api = VersionedApi(version)
        api.init_app(app)
        # <% if cookiecutter.auth %>
        api.spec.components.security_scheme("token", SCHEME)
        # <% endif %>
        api.register_blueprint(blueprint, url_prefix=f"/api/{version}")
        # No cookie authenticates a request here, so none can be forged.
        csrf.exempt(blueprint)
        if origins := app.config["CORS_ORIGINS"]:
            CORS(app, resources=rf"/api/{version}/*", origins=origins)
    # <% if cookiecutter.api == "v1-v2" %>
    announce_deprecations(app)
    # <% endif %>
