"""Exports of other accounts do not exist, and contain no note of theirs."""

from flask import Flask
from flask.testing import FlaskClient

from app.auth.owner import act_as
from app.blueprints.exports import services
from app.blueprints.notes import services as notes
from tests.support.accounts import BOB, account, enter


def bobs(app: Flask) -> int:
    """Return the id of an export of Bob's, who has a note."""
    with app.app_context():
        act_as(account(BOB))
        notes.create_note(title="Bobs own")
        return services.start_export().id


def test_export_of_another_account_does_not_exist(app: Flask, client: FlaskClient) -> None:
    number = bobs(app)
    assert "Bobs own" not in client.get("/exports/").text
    assert client.get(f"/exports/{number}").status_code == 404
    assert client.get(f"/exports/{number}/notes.json").status_code == 404
    own = client.post("/exports/").headers["Location"]
    assert client.get(f"{own}/notes.json").get_json() == []
    enter(client, BOB)
    assert [note["title"] for note in client.get(f"/exports/{number}/notes.json").get_json()] == ["Bobs own"]


def test_anonymous_user_is_redirected_to_login(app: Flask) -> None:
    number = bobs(app)
    anonymous = app.test_client()
    anonymous.environ_base["HTTP_ACCEPT"] = "text/html"
    assert anonymous.get("/exports/").location == "/account/login?next=/exports/"
    assert anonymous.post("/exports/").location == "/account/login"
    assert anonymous.get(f"/exports/{number}/notes.json").status_code == 302
