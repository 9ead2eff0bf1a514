"""What all versions of the API share."""

import pytest
from flask.testing import FlaskClient

from app.blueprints.api import VERSIONS
from tests.support.tiny_api import tiny_app

THINGS = "/api/v9/things/"


@pytest.fixture(scope="module")
def tiny() -> FlaskClient:
    """A program that uses a version of the API with one resource."""
    return tiny_app().test_client()


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_its_own_document_and_page(api: FlaskClient, version: str) -> None:
    document = api.get(f"/api/{version}/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == version
    assert all(path.startswith(f"/api/{version}/") for path in document["paths"])
    assert api.get(f"/api/{version}/docs").status_code == 200


def test_document_knows_every_endpoint(tiny: FlaskClient) -> None:
    document = tiny.get("/api/v9/openapi.json").get_json()
    assert set(document["paths"]) == {THINGS, f"{THINGS}{{number}}"}
    assert document["paths"][THINGS]["get"]["summary"] == "List things"


def test_every_kind_of_error_is_a_problem_document(tiny: FlaskClient) -> None:
    responses = [
        tiny.get("/api/v9/nothing", headers={"Accept": "text/html"}),
        tiny.delete(THINGS),
        tiny.post(THINGS, data="{", content_type="application/json"),
        tiny.post(THINGS, data="name=x"),
        tiny.post(THINGS, json={}),
    ]
    assert [response.status_code for response in responses] == [404, 405, 400, 415, 422]
    for response in responses:
        document = response.get_json()
        assert response.content_type == "application/problem+json"
        assert document["status"] == response.status_code
        assert document["request_id"] == response.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/json/name"),
        ({"name": "x" * 21}, "#/json/name"),
        ({"name": 1}, "#/json/name"),
        ({"name": "a", "weight": 1}, "#/json/weight"),
        ({"name": "a", "id": 7}, "#/json/id"),
        ([], "#/json/_schema"),
    ],
)
def test_body_that_does_not_fit_is_a_problem_with_a_pointer(
    tiny: FlaskClient, body: object, pointer: str
) -> None:
    response = tiny.post(THINGS, json=body)
    assert response.status_code == 422
    assert pointer in [error["pointer"] for error in (response.get_json() or {})["errors"]]


def test_program_needs_no_token_against_forgery() -> None:
    client = tiny_app(WTF_CSRF_ENABLED=True).test_client()
    assert client.post(THINGS, json={"name": "Pan"}).get_json() == {"id": 2, "name": "Pan"}


@pytest.mark.parametrize(("origin", "allowed"), [("https://a.example", True), ("https://b.example", False)])
def test_page_of_another_origin_may_call_when_it_is_listed(origin: str, allowed: bool) -> None:
    client = tiny_app(CORS_ORIGINS=["https://a.example"]).test_client()
    headers = client.get(THINGS, headers={"Origin": origin}).headers
    assert (headers.get("Access-Control-Allow-Origin") == origin) is allowed
