from typing import Any

import pytest
from flask.testing import FlaskClient
# <% if cookiecutter.auth %>

from tests.support.accounts import BOB
from tests.support.api_tokens import authorize
# <% endif %>

LIST = "/api/v2/notes/"
# What differs in a second note.
SECOND = {"title": "Title 2"}


@pytest.fixture
def body() -> dict[str, Any]:
    """A valid note."""
    return {
        "title": "Title 1",
        "body": "Body 1",
    }


def create(api: FlaskClient, body: dict[str, Any]) -> str:
    """Create a note, and return its URL."""
    return api.post(LIST, json=body).headers["Location"]


def test_post_creates_a_note(api: FlaskClient, body: dict[str, Any]) -> None:
    response = api.post(LIST, json=body)
    assert response.status_code == 201
    document = response.get_json()
    assert document["title"] == body["title"]
    assert document.keys() == {"id", *body, "created_at"}
    assert document == api.get(response.headers["Location"]).get_json()


def test_list_is_newest_first(api: FlaskClient, body: dict[str, Any]) -> None:
    create(api, body)
    create(api, body | SECOND)
    response = api.get(f"{LIST}?limit=1")
    assert [item["title"] for item in response.get_json()["items"]] == [SECOND["title"]]
    assert 'rel="next"' in response.headers["Link"]


def test_put_replaces_and_patch_changes(api: FlaskClient, body: dict[str, Any]) -> None:
    url = create(api, body)
    assert api.put(url, json=body | SECOND).get_json()["title"] == SECOND["title"]
    changed = api.patch(url, json={"title": body["title"]}).get_json()
    assert changed["title"] == body["title"]


def test_delete(api: FlaskClient, body: dict[str, Any]) -> None:
    url = create(api, body)
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "ab" * 120),
        ("title", "a\x00b"),
        ("title", ""),
        ("title", "  "),
        ("body", "ab" * 10000),
        ("body", "a\x00b"),
        ("no_such_field", "x"),
    ],
)
def test_invalid_value_is_a_problem_with_a_pointer(
    api: FlaskClient, body: dict[str, Any], key: str, value: object
) -> None:
    response = api.post(LIST, json=body | {key: value})
    assert response.status_code == 422
    assert {error["pointer"] for error in response.get_json()["errors"]} == {f"#/json/{key}"}
# <% if cookiecutter.auth %>


def test_note_of_another_account_does_not_exist(api: FlaskClient, body: dict[str, Any]) -> None:
    url = create(api, body)
    authorize(api, BOB)
    assert api.get(LIST).get_json()["items"] == []
    assert api.get(url).status_code == 404
    assert api.put(url, json=body).status_code == 404
    assert api.patch(url, json=body).status_code == 404
    assert api.delete(url).status_code == 404
# <% endif %>
