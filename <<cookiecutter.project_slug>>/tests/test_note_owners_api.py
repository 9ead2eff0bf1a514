"""Notes of another account do not exist in the API either."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.accounts import BOB
from tests.support.api_tokens import authorize


@pytest.fixture
def bobs_note(app: Flask) -> str:
    """The URL of a note of Bob's; ``api`` has a token of Ann's."""
    client = app.test_client()
    authorize(client, BOB)
    return str(client.post("/api/v1/notes/", json={"title": "Bob's own"}).headers["Location"])


def test_note_of_another_account_does_not_exist(api: FlaskClient, bobs_note: str) -> None:
    assert api.get("/api/v1/notes/").get_json() == []
    assert api.get(bobs_note).status_code == 404
    assert api.put(bobs_note, json={"title": "Mine"}).status_code == 404
    assert api.patch(bobs_note, json={"title": "Mine"}).status_code == 404
    assert api.delete(bobs_note).status_code == 404


def test_note_needs_a_token(app: Flask, bobs_note: str) -> None:
    assert app.test_client().get(bobs_note).status_code == 401
