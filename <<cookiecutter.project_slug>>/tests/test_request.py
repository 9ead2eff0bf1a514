import io
from contextlib import nullcontext

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge, SecurityError
from werkzeug.test import create_environ

from app.request import StrictRequest


class Body(io.BytesIO):
    """A body in chunks, as a server gives it: reading fails where a chunk is malformed."""

    error: Exception | None = None

    def read(self, size: int | None = -1) -> bytes:
        if self.error:
            raise self.error
        return super().read(size)


def chunked(body: Body) -> StrictRequest:
    return StrictRequest(
        create_environ(method="POST")
        | {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.input": body}
    )


@pytest.mark.parametrize(
    ("host", "target", "refused"),
    [
        ("shop.example", "/", False),
        ("shop.example:8000", "/", False),
        ("shop.example", "http://shop.example/", False),
        ("shop.example", "//evil.example/", False),
        ("shop.example", "*", False),
        ("shop.example", "http://evil.example/", True),
        ("shop.example", "http://[/", True),
        ("evil.example", "/", True),
        ("", "/", True),
    ],
)
def test_host_must_be_named_trusted_and_alone(host: str, target: str, refused: bool) -> None:
    request = StrictRequest(create_environ() | {"HTTP_HOST": host, "RAW_URI": target})
    request.trusted_hosts = ["shop.example"]
    with pytest.raises(SecurityError) if refused else nullcontext():
        assert request.host == host


def test_request_without_a_host_is_a_problem_also_for_browsers(app: Flask, client: FlaskClient) -> None:
    app.config["TRUSTED_HOSTS"] = ["shop.example"]
    response = client.get("/", environ_overrides={"HTTP_HOST": ""})
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Request-ID"]


def test_body_in_chunks_is_read_whole() -> None:
    assert chunked(Body(b"hello" * 50_000)).get_data() == b"hello" * 50_000


@pytest.mark.parametrize(
    ("error", "seen"),
    [(RuntimeError("Invalid chunk size"), BadRequest), (RequestEntityTooLarge(), RequestEntityTooLarge)],
)
def test_malformed_chunks_are_the_clients_error(error: Exception, seen: type[HTTPException]) -> None:
    body = Body()
    body.error = error
    with pytest.raises(seen):
        chunked(body).get_data()
