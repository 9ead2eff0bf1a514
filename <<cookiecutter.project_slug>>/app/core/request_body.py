"""Request bodies: how large they may be, and whose error it is when they cannot be read."""

from functools import cached_property
from io import RawIOBase
from typing import IO, Any, cast

from flask import Flask, Request, request
from werkzeug.exceptions import BadRequest, HTTPException

MAX_JSON_BYTES = 1024 * 1024  # parsed, JSON takes up to thirty times its size in memory


def init_request_body(app: Flask) -> None:
    """Limit JSON bodies, and return 400 for bodies that cannot be read."""
    app.request_class = BodyRequest
    app.before_request(limit_json)


def limit_json() -> None:
    """Allow less JSON than files; a view that needs more sets ``request.max_content_length`` itself."""
    if request.is_json:
        request.max_content_length = min(MAX_JSON_BYTES, request.max_content_length or MAX_JSON_BYTES)


class BodyRequest(Request):
    """A request whose unreadable body is the client's error."""

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body; servers decode chunks while the application reads them."""
        stream = super().stream
        return cast("IO[bytes]", ChunkedBody(stream)) if "HTTP_TRANSFER_ENCODING" in self.environ else stream

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Return 400 with the reason also in production; without an error the content type was wrong: 415."""
        if e is None:
            return super().on_json_loading_failed(e)
        raise BadRequest(f"The body is not valid JSON: {e}.")


class ChunkedBody(RawIOBase):
    """A chunked body.

    Parameters:
        stream: the body as the server decodes it; it raises exceptions of its own for malformed chunks.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into ``buffer``.

        Raises:
            werkzeug.exceptions.BadRequest: a chunk is malformed.
        """
        try:
            data = self.stream.read(len(buffer))
        except HTTPException:
            raise
        except Exception as error:
            raise BadRequest("The chunks of the body are malformed.") from error
        buffer[: len(data)] = data
        return len(data)
