"""Static files with long cache lifetimes: their URLs hold a hash of the content."""

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request


def init_static_files(app: Flask) -> None:
    """Add ``?v=HASH`` to the URLs of static files, and let browsers keep what such a URL returns."""
    app.url_defaults(add_hash)
    app.after_request(allow_caching)
    app.add_url_rule("/favicon.ico", view_func=empty_file)
    app.add_url_rule("/robots.txt", view_func=empty_file)


def empty_file() -> tuple[str, int]:
    """Return nothing: browsers and crawlers request these everywhere, and pages have an icon of their own."""
    return "", 204


def add_hash(endpoint: str, values: dict[str, Any]) -> None:
    """Add the hash of a static file to its URL."""
    if endpoint == "static":
        values.setdefault("v", static_hash(values["filename"]))


def static_hash(filename: str) -> str | None:
    """Return the hash of a static file, or None without such a file."""
    path = os.path.join(current_app.static_folder or "", filename)
    try:
        return content_hash(path, os.stat(path).st_mtime_ns)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=512)
def content_hash(path: str | Path, _modified: int) -> str:
    """Return a short hash of a file; it is computed again when the file has changed."""
    return sha256(Path(path).read_bytes()).hexdigest()[:12]


def allow_caching(response: Response) -> Response:
    """Cache a static file for good, unless its URL is that of another release, whose content may differ."""
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        filename = (request.view_args or {})["filename"]
        if request.args.get("v") == static_hash(filename):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"  # a year
    return response
