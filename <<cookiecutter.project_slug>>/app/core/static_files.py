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
    if endpoint == "static" and "v" not in values and (version := static_digest(values["filename"])):
        values["v"] = version


def static_digest(filename: str) -> str | None:
    """Give the digest of a static file, or None where there is no such file or no file can have such a name."""
    path = os.path.join(current_app.static_folder or "", filename)
    with suppress(OSError, ValueError):
        return digest(path, os.stat(path).st_mtime_ns)
    return None


@lru_cache(maxsize=512)
def digest(path: str, _changed: int) -> str:
    """Give a short digest of a file, computed again only when the file has changed."""
    return sha256(Path(path).read_bytes()).hexdigest()[:12]


def allow_caching(response: Response) -> Response:
    """Let browsers keep a file whose address would change with it.

    A page of another release may ask for another content than there is here: that answer is not to be kept.
    """
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        filename = (request.view_args or {})["filename"]
        if request.args.get("v") == static_digest(filename):
            response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable"
    return response
