"""Notes of others do not exist for programs either."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.accounts import BOB
from tests.support.programs import authorize


@pytest.fixture
def bobs(app: Flask) -> str:
    """The address of a note that is Bob's."""
    client = app.test_client()
    authorize(client, BOB)
    return str(client.post("/api/v1/notes/", json={"title": "Bobs own"}).headers["Location"])


def test_note_of_somebody_else_is_not_there(api: FlaskClient, bobs: str) -> None:
    assert api.get("/api/v1/notes/").get_json() == []
    assert api.get(bobs).status_code == 404
    assert api.put(bobs, json={"title": "Mine"}).status_code == 404
    assert api.delete(bobs).status_code == 404


def test_note_without_a_token_is_not_told(app: Flask, bobs: str) -> None:
    assert app.test_client().get(bobs).status_code == 401
