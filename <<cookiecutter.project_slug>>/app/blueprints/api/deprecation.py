"""The end of version 1: the headers Deprecation (RFC 9745) and Sunset (RFC 8594)."""

from datetime import datetime
from typing import Any

from apispec import BasePlugin
from flask import Response, current_app, url_for
from werkzeug.http import http_date


class DeprecationPlugin(BasePlugin):
    """Marks every operation of the version as deprecated in its OpenAPI document."""

    def operation_helper(self, path: str | None = None, operations: Any = None, **kwargs: Any) -> None:
        """Mark the operations of a path as deprecated."""
        for operation in operations.values():
            operation["deprecated"] = True


def add_deprecation(response: Response) -> Response:
    """Announce when the version is deprecated and removed, and where its successor is documented."""
    deprecated = datetime.fromisoformat(current_app.config["API_V1_DEPRECATED_ON"])
    sunset = datetime.fromisoformat(current_app.config["API_V1_SUNSET_ON"])
    response.headers["Deprecation"] = f"@{int(deprecated.timestamp())}"
    response.headers["Sunset"] = http_date(sunset)
    response.headers.add("Link", f'<{url_for("api_v2_docs.page")}>; rel="successor-version"')
    return response
