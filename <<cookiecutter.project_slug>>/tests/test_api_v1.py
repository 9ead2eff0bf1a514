import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def post(api: FlaskClient, title: str = "Tea", body: str = "Green") -> TestResponse:
    return api.post("/api/v1/notes/", json={"title": title, "body": body})


def test_create_gives_the_note_and_its_address(api: FlaskClient) -> None:
    response = post(api)
    assert response.status_code == 201
    note = api.get(response.headers["Location"]).get_json()
    assert note == response.get_json()
    assert note["title"] == "Tea"
    assert note["created"].endswith("+00:00")


def test_list_is_paginated_and_newest_first(api: FlaskClient) -> None:
    for number in range(3):
        post(api, f"Note {number}")
    response = api.get("/api/v1/notes/?page=1&page_size=2")
    assert [note["title"] for note in response.get_json()] == ["Note 2", "Note 1"]
    assert '"total": 3' in response.headers["X-Pagination"]


def test_replace_takes_every_attribute(api: FlaskClient) -> None:
    address = post(api).headers["Location"]
    note = api.put(address, json={"title": "Coffee"}).get_json()
    assert (note["title"], note["body"]) == ("Coffee", "")


def test_deleted_note_is_gone(api: FlaskClient) -> None:
    address = post(api).headers["Location"]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/json/title"),
        ({"title": ""}, "#/json/title"),
        ({"title": "x" * 121}, "#/json/title"),
        ({"title": 1}, "#/json/title"),
        ({"title": "a", "colour": "red"}, "#/json/colour"),
        ({"title": "a", "id": 7}, "#/json/id"),
        ([], "#/json/_schema"),
    ],
)
def test_body_that_does_not_fit_is_a_problem_with_a_pointer(
    api: FlaskClient, body: object, pointer: str
) -> None:
    response = api.post("/api/v1/notes/", json=body)
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert pointer in [error["pointer"] for error in (response.get_json() or {})["errors"]]


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page_size=0", "page_size=101"])
def test_paging_out_of_range_is_a_problem(api: FlaskClient, query: str) -> None:
    assert api.get(f"/api/v1/notes/?{query}").status_code == 422


@pytest.mark.parametrize("number", ["1", "2147483648", "99999999999999999999"])
def test_note_that_does_not_exist_is_a_problem(api: FlaskClient, number: str) -> None:
    response = api.get(f"/api/v1/notes/{number}")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_document_knows_every_address_of_notes(api: FlaskClient) -> None:
    document = api.get("/api/v1/openapi.json").get_json()
    notes = {path for path in document["paths"] if path.startswith("/api/v1/notes/")}
    assert notes == {"/api/v1/notes/", "/api/v1/notes/{note_id}"}
    assert document["paths"]["/api/v1/notes/"]["get"]["summary"] == "List notes"
