"""Static files that browsers may keep for good: each address carries a digest of the file's content."""

import os
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

ONE_YEAR = 365 * 24 * 60 * 60


def init_assets(app: Flask) -> None:
    """Add ``?v=…`` to the addresses that ``url_for("static", …)`` gives, and caching headers to the files."""
    app.url_defaults(add_version)
    app.after_request(allow_caching)


def add_version(endpoint: str, values: dict[str, Any]) -> None:
    """Add the digest of a static file to its address."""
    if endpoint == "static" and "v" not in values and (folder := current_app.static_folder):
        path = os.path.join(folder, values["filename"])
        with suppress(OSError, ValueError):  # no such file, or a name that no file can have
            values["v"] = digest(path, os.stat(path).st_mtime_ns)


@lru_cache(maxsize=512)
def digest(path: str, _changed: int) -> str:
    """Give a short digest of a file, computed again only when the file has changed."""
    return sha256(Path(path).read_bytes()).hexdigest()[:12]


def allow_caching(response: Response) -> Response:
    """Let browsers keep a file whose address would change with it."""
    if request.endpoint == "static" and "v" in request.args and response.status_code in (200, 206, 304):
        response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    return response
