"""Entity tags and conditions, which all versions of the API share."""

import pytest
from flask.testing import FlaskClient

from tests.support.tiny_api import tiny_app

THINGS = "/api/v9/things/"
KETTLE = "/api/v9/things/1"
OTHER = '"0123456789abcdef01234567"'


@pytest.fixture
def tiny() -> FlaskClient:
    """A program that uses a version of the API with one resource."""
    return tiny_app().test_client()


@pytest.mark.parametrize("address", [THINGS, KETTLE])
def test_answer_is_left_out_where_the_client_has_it(tiny: FlaskClient, address: str) -> None:
    first = tiny.get(address)
    again = tiny.get(address, headers={"If-None-Match": f"{OTHER}, {first.headers['ETag']}"})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert tiny.head(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert tiny.get(address, headers={"If-None-Match": OTHER}).data == first.data


def test_client_asks_before_it_uses_what_it_keeps(tiny: FlaskClient) -> None:
    assert tiny.get(KETTLE).headers["Cache-Control"] == "no-cache"


def test_change_of_what_was_read_goes_through_and_gives_the_next_tag(tiny: FlaskClient) -> None:
    tag = tiny.get(KETTLE).headers["ETag"]
    changed = tiny.put(KETTLE, json={"name": "Pot"}, headers={"If-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] == tiny.get(KETTLE).headers["ETag"] != tag


@pytest.mark.parametrize("condition", [{}, {"If-Match": "*"}])
def test_condition_may_be_left_out(tiny: FlaskClient, condition: dict[str, str]) -> None:
    assert tiny.put(KETTLE, json={"name": "Pot"}, headers=condition).status_code == 200


def test_change_of_what_somebody_else_has_changed_is_refused(tiny: FlaskClient) -> None:
    tag = tiny.get(KETTLE).headers["ETag"]
    tiny.put(KETTLE, json={"name": "Pot"})
    late = tiny.put(KETTLE, json={"name": "Pan"}, headers={"If-Match": tag})
    assert (late.status_code, late.content_type) == (412, "application/problem+json")
    assert tiny.delete(KETTLE, headers={"If-Match": tag}).status_code == 412
    assert tiny.get(KETTLE).get_json()["name"] == "Pot"


def test_document_tells_of_tags_and_conditions(tiny: FlaskClient) -> None:
    paths = tiny.get("/api/v9/openapi.json").get_json()["paths"]
    read, change = paths[THINGS]["get"], paths["/api/v9/things/{number}"]["put"]
    assert "ETag" in read["responses"]["200"]["headers"]
    assert "304" in read["responses"]
    assert "If-None-Match" in [parameter["name"] for parameter in read["parameters"]]
    assert "412" in change["responses"]
    assert ("If-Match", False) in [
        (each["name"], each.get("required", False)) for each in change["parameters"]
    ]
