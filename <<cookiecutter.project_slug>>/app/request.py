"""The request as the application reads it: where others may understand it differently, it is refused."""

from functools import cached_property
from io import RawIOBase
from typing import IO, Any, cast
from urllib.parse import urlsplit

from flask import Request
from werkzeug.exceptions import BadRequest, HTTPException, SecurityError


class StrictRequest(Request):
    """A request whose host is beyond doubt, and whose errors are the client's."""

    @cached_property
    def host(self) -> str:
        """The host that the client speaks to.

        Raises:
            werkzeug.exceptions.SecurityError: it names none, or another one in the request line (RFC 9112, 3.2), where
                a proxy would look for it, or one that is not trusted.
        """
        named = self.environ.get("HTTP_HOST", "")
        target = self.environ.get("RAW_URI") or self.environ.get("REQUEST_URI") or "/"
        if not named or not (target.startswith("/") or authority(target) in ("", named)):
            raise SecurityError("The request does not say for which host it is.")
        return super().host

    @cached_property
    def stream(self) -> IO[bytes]:
        """The body; only chunks need care, because the server understands them while they are read."""
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
