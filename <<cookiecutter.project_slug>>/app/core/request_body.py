"""Requests: limits for JSON and forms, and 400 for what cannot be read."""

from functools import cached_property
from io import RawIOBase
from typing import IO, Any, cast
from urllib.parse import urlsplit

from flask import Request, current_app
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType

MAX_JSON_BYTES = 1024 * 1024  # parsed, JSON takes up to thirty times its size in memory
MAX_FORM_BYTES = 200_000  # decoding takes 0.1 s of CPU; files are sent as multipart/form-data


class BodyRequest(Request):
    """A request that allows less JSON and smaller forms than files; an unreadable body is the client's error.

    Pages accept no JSON: Flask-WTF would fill their forms with it, and fail for lists and numbers.
    A view that needs more sets ``request.max_content_length``.
    """

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body; malformed chunks are found here, because servers decode them while it is read."""
        if self.is_json and not self.path.startswith(current_app.config["PROBLEM_PATHS"]):
            raise UnsupportedMediaType("JSON is accepted below PROBLEM_PATHS only; send a form.")
        limit = current_app.config["MAX_CONTENT_LENGTH"]
        is_form = self.mimetype == "application/x-www-form-urlencoded"
        if (self.is_json or is_form) and self.max_content_length == limit:
            self.max_content_length = min(MAX_FORM_BYTES if is_form else MAX_JSON_BYTES, limit)
        stream = super().stream
        return cast("IO[bytes]", ChunkedBody(stream)) if "HTTP_TRANSFER_ENCODING" in self.environ else stream

    @property
    def referrer(self) -> str | None:  # type: ignore[override]
        """The Referer; None if it is malformed, at which Flask-WTF's check of forms would fail."""
        try:
            urlsplit(sent := super().referrer or "").port  # noqa: B018  (it is parsed now)
        except ValueError:
            return None
        return sent or None

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
