import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

NOTES = "/api/v1/notes/"


def create(api: FlaskClient, title: str = "Tea", body: str = "Green") -> TestResponse:
    return api.post(NOTES, json={"title": title, "body": body})


def link(response: TestResponse, rel: str) -> str:
    """Return the URL of the next or the previous page."""
    links = [part.split("; ") for part in response.headers.get("Link", "").split(", ")]
    return next((url.strip("<>") for url, *params in links if f'rel="{rel}"' in params), "")


def test_create_returns_the_note_and_its_url(api: FlaskClient) -> None:
    response = create(api)
    assert response.status_code == 201
    note = api.get(response.headers["Location"]).get_json()
    assert note == response.get_json()
    assert (note["title"], note["body"]) == ("Tea", "Green")
    assert note["created"].endswith("+00:00")


def test_list_leads_from_page_to_page_newest_first(api: FlaskClient) -> None:
    for number in range(3):
        create(api, f"Note {number}")
    first = api.get(f"{NOTES}?limit=2")
    second = api.get(link(first, "next"))
    assert [note["title"] for note in first.get_json()] == ["Note 2", "Note 1"]
    assert [note["title"] for note in second.get_json()] == ["Note 0"]
    assert (link(first, "prev"), link(second, "next")) == ("", "")
    assert api.get(link(second, "prev")).get_json() == first.get_json()


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "before=-1", "after=2147483648"])
def test_list_rejects_an_invalid_query(api: FlaskClient, query: str) -> None:
    assert api.get(f"{NOTES}?{query}").status_code == 422


def test_put_replaces_every_field(api: FlaskClient) -> None:
    url = create(api).headers["Location"]
    note = api.put(url, json={"title": "Coffee"}).get_json()
    assert (note["title"], note["body"]) == ("Coffee", "")


def test_patch_changes_only_what_is_sent(api: FlaskClient) -> None:
    url = create(api).headers["Location"]
    note = api.patch(url, json={"title": "Coffee"}).get_json()
    assert (note["title"], note["body"]) == ("Coffee", "Green")


def test_delete(api: FlaskClient) -> None:
    url = create(api).headers["Location"]
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/json/title"),
        ({"title": ""}, "#/json/title"),
        ({"title": " "}, "#/json/title"),
        ({"title": "a\x00b"}, "#/json/title"),
        ({"title": "a", "body": "\x00"}, "#/json/body"),
        ({"title": "x" * 121}, "#/json/title"),
        ({"title": 1}, "#/json/title"),
        ({"title": "a", "colour": "red"}, "#/json/colour"),
        ({"title": "a", "id": 7}, "#/json/id"),
        ([], "#/json/_schema"),
    ],
)
def test_invalid_body_is_a_problem_with_a_pointer(api: FlaskClient, body: object, pointer: str) -> None:
    response = api.post(NOTES, json=body)
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    assert pointer in [error["pointer"] for error in (response.get_json() or {})["errors"]]


@pytest.mark.parametrize("number", ["1", "2147483648", "99999999999999999999"])
def test_note_that_does_not_exist_is_a_problem(api: FlaskClient, number: str) -> None:
    response = api.get(f"{NOTES}{number}")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


def test_document_describes_every_path(api: FlaskClient) -> None:
    paths = api.get("/api/v1/openapi.json").get_json()["paths"]
    ids = {path: item["get"]["operationId"] for path, item in paths.items() if path.startswith(NOTES)}
    assert ids == {NOTES: "listNotes", f"{NOTES}{{note_id}}": "getNote"}
