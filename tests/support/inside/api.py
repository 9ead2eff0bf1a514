"""A version of the API made for these tests, run by a project's own pytest: see test_api.py."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from app import create_app
from app.blueprints.api import VERSIONS
from app.blueprints.api.blueprint import Blueprint
from app.config import load_config
from flask import Flask, Response
from flask.testing import FlaskClient
from flask.views import MethodView
from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

THINGS, KETTLE = "/api/v9/things/", "/api/v9/things/1"
OTHER = '"0123456789abcdef01234567"'
ORIGIN = {"Origin": "https://a.example"}


class ThingSchema(Schema):
    """A thing."""

    id = fields.Integer(dump_only=True)
    name = fields.String(required=True, validate=Length(1, 20))
    price = fields.Decimal(places=2, validate=Range(Decimal("0.01"), Decimal("99.99")))
    text_price = fields.Decimal(as_string=True)
    day = fields.Date()
    key = fields.UUID()


def make_blueprint() -> Any:
    blueprint = Blueprint("api_v9", __name__)
    thing: dict[str, Any] = {"id": 1, "name": "Kettle"}

    @blueprint.route("/things/")
    class Things(MethodView):
        @blueprint.response(200, ThingSchema(many=True))
        def get(self) -> list[dict[str, Any]]:
            """List the things"""
            return [thing]

        @blueprint.arguments(ThingSchema)
        @blueprint.response(201, ThingSchema)
        def post(self, values: dict[str, Any]) -> dict[str, Any]:
            """Create a thing"""
            return {"id": 2, **values}

    @blueprint.route("/things/<int:number>")
    class OneThing(MethodView):
        @blueprint.response(200, ThingSchema)
        def get(self, number: int) -> dict[str, Any]:
            """Get a thing"""
            return thing

        @blueprint.arguments(ThingSchema)
        @blueprint.response(200, ThingSchema)
        @blueprint.doc(operationId="putThing")
        def put(self, values: dict[str, Any], number: int) -> dict[str, Any]:
            """Replace a thing"""
            thing.update(values)
            return thing

    @blueprint.route("/stream")
    class Stream(MethodView):
        def get(self) -> Response:
            """Stream the things"""
            parts: Iterator[str] = iter(["a", "b"])
            return Response(parts)

    return blueprint


def tiny_app(**settings: Any) -> Flask:
    """Create an application with the version v9 and these settings beside those of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(VERSIONS, "v9", make_blueprint())
        patch.setattr("app.load_config", lambda name: load_config(name) | settings)
        return create_app("testing")


@pytest.fixture
def tiny() -> FlaskClient:
    return tiny_app().test_client()


def document(client: FlaskClient) -> Any:
    response = client.get("/api/v9/openapi.json")
    assert response.status_code == 200
    return response.get_json()


def test_every_kind_of_error_is_problem_details(tiny: FlaskClient) -> None:
    responses = [
        tiny.get("/api/v9/nothing", headers={"Accept": "text/html"}),
        tiny.delete(THINGS),
        tiny.post(THINGS, data="{", content_type="application/json"),
        tiny.post(THINGS, data="name=x"),
        tiny.post(THINGS, json={}),
    ]
    assert [response.status_code for response in responses] == [404, 405, 400, 415, 422]
    for response in responses:
        assert response.content_type == "application/problem+json"
        body = response.get_json()
        assert body["status"] == response.status_code
        assert body["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/json/name"),
        ({"name": "x" * 21}, "#/json/name"),
        ({"name": "a", "weight": 1}, "#/json/weight"),
        ({"name": "a", "id": 7}, "#/json/id"),
        ({"name": "a", "price": 100}, "#/json/price"),
        ([], "#/json/_schema"),
    ],
)
def test_invalid_body_is_a_problem_with_a_pointer(tiny: FlaskClient, body: object, pointer: str) -> None:
    response = tiny.post(THINGS, json=body)
    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in response.get_json()["errors"]]


def test_document_describes_errors_as_they_are_sent(tiny: FlaskClient) -> None:
    responses = document(tiny)["components"]["responses"]
    assert set(responses) == {"DEFAULT_ERROR", "UNPROCESSABLE_CONTENT"} or set(responses) == {
        "DEFAULT_ERROR",
        "UNPROCESSABLE_ENTITY",
    }
    assert all(list(response["content"]) == ["application/problem+json"] for response in responses.values())
    success = document(tiny)["paths"][THINGS]["get"]["responses"]["200"]
    assert list(success["content"]) == ["application/json"]


@pytest.mark.parametrize(("mount", "servers"), [("", []), ("/shop", [{"url": "/shop"}])])
def test_document_names_the_mount_point(tiny: FlaskClient, mount: str, servers: object) -> None:
    response = tiny.get("/api/v9/openapi.json", base_url=f"http://localhost{mount}")
    assert response.get_json()["servers"] == servers


def test_operation_id_comes_from_the_summary_or_from_the_view(tiny: FlaskClient) -> None:
    paths = document(tiny)["paths"]
    ids = [item[key]["operationId"] for item in paths.values() for key in item if key != "parameters"]
    assert ids == ["listThings", "createThing", "getThing", "putThing", "streamThings"]


def test_values_of_every_type_come_back_and_their_ranges_are_in_the_document(tiny: FlaskClient) -> None:
    sent = {
        "name": "Pan",
        "price": 19.9,
        "text_price": "19.90",
        "day": "2030-01-31",
        "key": "0f8b0b0e-4d0b-4c8e-9a39-0d2f2e9b7c11",
    }
    response = tiny.post(THINGS, json=sent)
    assert response.status_code == 201
    assert response.get_json() == {"id": 2, **sent}
    properties = document(tiny)["components"]["schemas"]["Thing"]["properties"]
    assert properties["price"] == {"type": "number", "minimum": 0.01, "maximum": 99.99}


@pytest.mark.parametrize("path", [THINGS, KETTLE])
def test_response_that_the_client_has_is_304(tiny: FlaskClient, path: str) -> None:
    first = tiny.get(path)
    tag = first.headers["ETag"]
    again = tiny.get(path, headers={"If-None-Match": f"{OTHER}, {tag}"})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert tiny.head(path, headers={"If-None-Match": tag}).status_code == 304
    assert tiny.get(path, headers={"If-None-Match": OTHER}).data == first.data
    assert first.headers["Cache-Control"] == "no-cache"
    tiny.put(KETTLE, json={"name": "Pot"})
    assert tiny.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_nothing_but_what_was_read_in_whole_has_a_tag(tiny: FlaskClient) -> None:
    responses = [tiny.get("/api/v9/stream"), tiny.put(KETTLE, json={"name": "Pot"}), tiny.get(f"{THINGS}x")]
    assert [response.status_code for response in responses] == [200, 200, 404]
    assert not [response for response in responses if "ETag" in response.headers]


def test_document_promises_conditions_only_where_they_are_kept(tiny: FlaskClient) -> None:
    paths = document(tiny)["paths"]
    read, change = paths[KETTLE.replace("1", "{number}")]["get"], paths[f"{THINGS}{{number}}"]["put"]
    assert "ETag" in read["responses"]["200"]["headers"]
    assert "304" in read["responses"]
    assert not {"304", "412", "428"} & set(change["responses"])


def test_client_needs_no_token_against_forgery() -> None:
    client = tiny_app(WTF_CSRF_ENABLED=True).test_client()
    assert client.post(THINGS, json={"name": "Pan"}).status_code == 201


@pytest.mark.parametrize("version", VERSIONS)
def test_operations_are_deprecated_where_the_version_is(version: str) -> None:
    paths = create_app("testing").test_client().get(f"/api/{version}/openapi.json").get_json()["paths"]
    operations = [
        operation
        for item in paths.values()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    assert operations
    deprecated = {operation.get("deprecated", False) for operation in operations}
    assert deprecated == {version == "v1" and "v2" in VERSIONS}


@pytest.mark.parametrize(("origin", "allowed"), [(ORIGIN["Origin"], True), ("https://b.example", False)])
def test_only_listed_origins_may_call(origin: str, allowed: bool) -> None:
    client = tiny_app(CORS_ORIGINS=[ORIGIN["Origin"]]).test_client()
    for response in (
        client.get(THINGS, headers={"Origin": origin}),
        client.get("/api/v9/nothing", headers={"Origin": origin}),
        client.post(THINGS, json={}, headers={"Origin": origin}),
    ):
        assert (response.headers.get("Access-Control-Allow-Origin") == origin) is allowed
        assert "Access-Control-Allow-Credentials" not in response.headers
