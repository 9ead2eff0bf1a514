"""Conditional requests (RFC 9110, section 13): a client fetches only what has changed, and changes only what it has seen."""

from hashlib import blake2b
from typing import Any

from flask import Response, current_app, request
from marshmallow import Schema
from werkzeug.exceptions import PreconditionFailed

TEXT = {"type": "string"}
ETAG = {"description": "Names this state; see `If-None-Match` and `If-Match`.", "schema": TEXT}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an earlier answer: `304` without a body when nothing has changed.",
    "schema": TEXT,
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of what was read: `412` when somebody has changed it since.",
    "schema": TEXT,
}
READING, CHANGING = frozenset({"GET", "HEAD"}), frozenset({"PUT", "PATCH", "DELETE"})


class Conditions:
    """What a blueprint of the API adds: an ``ETag`` for every answer, conditions for those who send them.

    Nobody has to send one. flask-smorest's own decorator would demand ``If-Match``, and write every answer a second
    time to name it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.after_request(answer)  # type: ignore[attr-defined]
        self._prepare_doc_cbks.append(document)  # type: ignore[attr-defined]

    @staticmethod
    def check_match(state: Any, schema: type[Schema]) -> None:
        """Compare what a client has read, if it says so, with what is there now.

        Parameters:
            state: what is about to change.
            schema: how a client reads it.

        Raises:
            werkzeug.exceptions.PreconditionFailed: it has changed since.
        """
        if request.if_match and name(current_app.json.dumps(schema().dump(state))) not in request.if_match:
            raise PreconditionFailed("It has changed since you have read it: read it again.")


def name(body: str, pagination: str = "") -> str:
    """Give the tag of an answer: of its body, and of the header that belongs to a list."""
    return blake2b(f"{body}{pagination}".encode(), digest_size=12).hexdigest()


def answer(response: Response) -> Response:
    """Name the state that an answer shows; leave it out where the client has it."""
    if response.status_code in (200, 201) and not response.is_streamed:
        response.set_etag(name(response.get_data(as_text=True), response.headers.get("X-Pagination", "")))
        response.headers.setdefault("Cache-Control", "no-cache")  # keep it, and ask before using it
        if request.method in READING and request.if_none_match:
            response.make_conditional(request)
    return response


def document(doc: dict[str, Any], _info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:
    """Describe tags and conditions in the OpenAPI document."""
    parameters = doc.setdefault("parameters", [])
    for status, told in doc["responses"].items():
        if str(status) in ("200", "201"):
            told.setdefault("headers", {})["ETag"] = ETAG
    if method.upper() in READING:
        parameters.append(IF_NONE_MATCH)
        doc["responses"]["304"] = {"description": "Nothing has changed."}
    if method.upper() in CHANGING:
        parameters.append(IF_MATCH)
        doc["responses"]["412"] = "PRECONDITION_FAILED"
    return doc
