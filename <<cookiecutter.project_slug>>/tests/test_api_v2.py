from email.utils import parsedate_to_datetime

import pytest
from flask.testing import FlaskClient

NOTES = "/api/v2/notes/"


def create(api: FlaskClient, title: str = "Tea", body: str = "Green") -> str:
    """Create a note and return its URL."""
    return api.post(NOTES, json={"title": title, "body": body}).headers["Location"]


def test_list_has_keys_of_the_pages_beside_it(api: FlaskClient) -> None:
    for number in range(3):
        create(api, f"Note {number}")
    first = api.get(f"{NOTES}?limit=2").get_json()
    second = api.get(f"{NOTES}?limit=2&before={first['older']}").get_json()
    assert [note["title"] for note in first["items"]] == ["Note 2", "Note 1"]
    assert [note["title"] for note in second["items"]] == ["Note 0"]
    assert (first["newer"], second["older"]) == (None, None)
    assert api.get(f"{NOTES}?limit=2&after={second['newer']}").get_json() == first


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "before=-1", "after=2147483648"])
def test_list_rejects_an_invalid_query(api: FlaskClient, query: str) -> None:
    response = api.get(f"{NOTES}?{query}")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"


def test_put_replaces_every_field(api: FlaskClient) -> None:
    note = api.put(create(api), json={"title": "Coffee"}).get_json()
    assert (note["title"], note["body"]) == ("Coffee", "")


def test_patch_changes_only_what_is_sent(api: FlaskClient) -> None:
    note = api.patch(create(api), json={"title": "Coffee"}).get_json()
    assert (note["title"], note["body"]) == ("Coffee", "Green")
    assert note["created_at"].endswith("+00:00")


def test_delete(api: FlaskClient) -> None:
    url = create(api)
    assert api.get(url).status_code == 200
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404


def test_version_1_announces_its_end(api: FlaskClient) -> None:
    headers = api.get("/api/v1/notes/").headers
    deprecated = int(headers["Deprecation"].removeprefix("@"))
    assert parsedate_to_datetime(headers["Sunset"]).timestamp() > deprecated
    assert 'rel="successor-version"' in headers["Link"]
    assert "Deprecation" not in api.get(NOTES).headers
