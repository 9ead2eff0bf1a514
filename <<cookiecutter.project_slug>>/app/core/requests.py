"""The request as the application reads it: where others may understand it differently, it is refused."""

import re
from functools import cached_property, lru_cache
from io import RawIOBase
from typing import IO, Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from flask import Flask, Request, Response, current_app, g, request
from werkzeug.exceptions import BadRequest, HTTPException, SecurityError
from werkzeug.routing import IntegerConverter

MAX_INTEGER = 2**31 - 1  # what an INTEGER column holds on every database: no row has a higher id
# Whatever else a client sends must not reach the logs or other services.
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def init_requests(app: Flask) -> None:
    """Give each request an id, and refuse those that are in doubt."""
    app.request_class = StrictRequest
    app.url_map.converters["int"] = PlainInteger
    app.before_request(identify_request)
    app.before_request(refuse_doubtful_host)
    app.after_request(echo_request_id)
    # Flask looks at every function of every request whether it is a coroutine; they stay what they are.
    app.ensure_sync = lru_cache(maxsize=512)(app.ensure_sync)  # type: ignore[method-assign]


def identify_request() -> None:
    """Give the request the id of ``X-Request-ID`` or a new one; every log line of the request carries it."""
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if REQUEST_ID.fullmatch(sent) else uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def echo_request_id(response: Response) -> Response:
    """Tell the client the id under which the logs speak of its request."""
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response


def refuse_doubtful_host() -> None:
    """Refuse a request that names no host, or another one in its first line, where a proxy looks first (RFC 9112, 3.2).

    Raises:
        werkzeug.exceptions.SecurityError: it does either.
    """
    host = request.environ.get("HTTP_HOST", "")
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or "/"
    if not host or not (target.startswith("/") or authority(target) in ("", host)):
        raise SecurityError("The request does not say for which host it is.")


class PlainInteger(IntegerConverter):
    """A number in a path, in the digits of ASCII: Python reads those of every script, and one thing has one address."""

    regex = "[0-9]+"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": MAX_INTEGER} | options)


class StrictRequest(Request):
    """A request whose errors are the client's."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body; only chunks need care, because the server understands them while they are read.

        JSON becomes many times its size in memory, so it gets less room than a file, unless a view has said how
        much it takes.
        """
        if self.is_json and self.max_content_length == (default := current_app.config["MAX_CONTENT_LENGTH"]):
            most: int = current_app.config["MAX_JSON_LENGTH"]
            self.max_content_length = min(default or most, most)
        stream = super().stream
        return cast("IO[bytes]", Chunks(stream)) if "HTTP_TRANSFER_ENCODING" in self.environ else stream

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Refuse the body: 415 when it is not called JSON, else 400 with the reason."""
        if e is None:
            return super().on_json_loading_failed(e)
        raise BadRequest(f"The body is not usable JSON: {e}.")


class Chunks(RawIOBase):
    """A body in chunks; whatever the server says against them is the client's error.

    Parameters:
        stream: where the server gives the body.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.chunks = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer.

        Raises:
            werkzeug.exceptions.BadRequest: a chunk is malformed.
        """
        try:
            data = self.chunks.read(len(buffer))
        except HTTPException:
            raise
        except Exception as error:
            raise BadRequest("The chunks of the body are malformed.") from error
        buffer[: len(data)] = data
        return len(data)


def authority(target: str) -> str | None:
    """Give the host that an absolute request target names; None when it cannot be read."""
    try:
        return urlsplit(target).netloc
    except ValueError:
        return None
