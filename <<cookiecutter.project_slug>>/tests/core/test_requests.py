import io

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.routing import Map, Rule
from werkzeug.test import create_environ

from app.core.requests import StrictRequest


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
def test_host_must_be_named_once_and_trusted(app: Flask, host: str, target: str, refused: bool) -> None:
    app.config["TRUSTED_HOSTS"] = ["shop.example"]
    environ = create_environ("/healthy") | {"HTTP_HOST": host, "RAW_URI": target}
    status = Response.from_app(app, environ).status_code
    assert status == (400 if refused else 404)


def test_request_for_another_host_is_a_problem_also_for_browsers(app: Flask, client: FlaskClient) -> None:
    app.config["TRUSTED_HOSTS"] = ["shop.example"]
    response = client.get("/", environ_overrides={"HTTP_HOST": "evil.example"})
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert response.headers["X-Request-ID"]


def test_number_in_a_path_is_written_in_plain_digits(app: Flask) -> None:
    addresses = Map([Rule("/<int:number>", endpoint="one")], converters=app.url_map.converters).bind("")
    assert addresses.match("/12") == ("one", {"number": 12})
    assert not addresses.test("/١٢")


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


def test_request_id_of_the_client_is_echoed(client: FlaskClient) -> None:
    assert client.get("/", headers={"X-Request-ID": "abc-123"}).headers["X-Request-ID"] == "abc-123"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "<script>", "é"])
def test_request_id_that_could_harm_is_replaced(client: FlaskClient, sent: str) -> None:
    given = client.get("/", headers={"X-Request-ID": sent}).headers["X-Request-ID"]
    assert given != sent
    assert len(given) == 32
