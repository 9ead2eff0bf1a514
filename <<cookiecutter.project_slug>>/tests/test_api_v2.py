from email.utils import parsedate_to_datetime

import pytest
from flask.testing import FlaskClient


def create(api: FlaskClient, count: int) -> list[str]:
    return [api.post("/api/v2/notes/", json={"title": f"Note {n}"}).headers["Location"] for n in range(count)]


def test_list_follows_a_cursor_to_the_end(api: FlaskClient) -> None:
    create(api, 5)
    titles: list[str] = []
    query = "limit=2"
    while query:
        part = api.get(f"/api/v2/notes/?{query}").get_json()
        titles += [note["title"] for note in part["items"]]
        query = part["next"] and f"limit=2&before={part['next']}"
    assert titles == ["Note 4", "Note 3", "Note 2", "Note 1", "Note 0"]


def test_cursor_neither_skips_nor_repeats_when_a_note_comes_in_between(api: FlaskClient) -> None:
    create(api, 3)
    first = api.get("/api/v2/notes/?limit=2").get_json()
    create(api, 1)
    rest = api.get(f"/api/v2/notes/?before={first['next']}").get_json()
    assert [note["title"] for note in rest["items"]] == ["Note 0"]


def test_patch_changes_only_what_is_sent(api: FlaskClient) -> None:
    response = api.post("/api/v2/notes/", json={"title": "Tea", "body": "Green"})
    note = api.patch(response.headers["Location"], json={"body": "Black"}).get_json()
    assert (note["title"], note["body"]) == ("Tea", "Black")
    assert note["created_at"].endswith("+00:00")


def test_note_can_be_read_and_deleted(api: FlaskClient) -> None:
    (address,) = create(api, 1)
    assert api.get(address).status_code == 200
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "before=2147483648"])
def test_cursor_out_of_range_is_a_problem(api: FlaskClient, query: str) -> None:
    response = api.get(f"/api/v2/notes/?{query}")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"


def test_version_1_announces_its_end(api: FlaskClient) -> None:
    headers = api.get("/api/v1/notes/").headers
    deprecated = int(headers["Deprecation"].removeprefix("@"))
    assert parsedate_to_datetime(headers["Sunset"]).timestamp() > deprecated
    assert 'rel="successor-version"' in headers["Link"]
    assert "Deprecation" not in api.get("/api/v2/notes/").headers
