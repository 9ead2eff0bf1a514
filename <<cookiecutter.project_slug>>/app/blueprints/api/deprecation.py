"""How an old version of the API says that it will go: RFC 9745 (Deprecation) and RFC 8594 (Sunset)."""

from datetime import UTC, datetime

from flask import Flask, Response, current_app, request, url_for
from werkzeug.http import http_date

DOCS = "api_v2_docs.page"
OLD_BLUEPRINTS = frozenset({"api_v1", "api_v1_docs"})


def announce_deprecations(app: Flask) -> None:
    """Add the headers to every answer of version 1."""
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Name the two dates and the version to move to."""
    if request.blueprint in OLD_BLUEPRINTS:
        deprecated = moment(current_app.config["API_V1_DEPRECATED_ON"])
        response.headers["Deprecation"] = f"@{int(deprecated.timestamp())}"
        response.headers["Sunset"] = http_date(moment(current_app.config["API_V1_SUNSET_ON"]))
        response.headers.add("Link", f'<{url_for(DOCS)}>; rel="successor-version"')
    return response


def moment(day: str) -> datetime:
    """Give the first moment (UTC) of a day written as 2026-12-01."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
