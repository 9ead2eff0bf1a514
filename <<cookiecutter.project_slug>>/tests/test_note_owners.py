"""Notes belong to the account that wrote them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.exceptions import Unauthorized

from app.auth.owner import act_as
from app.blueprints.main import services
from app.extensions import db
from app.models import Note, User
from tests.support.accounts import BOB, account


@pytest.fixture
def bobs_note(app: Flask) -> int:
    """The id of a note of Bob's; ``client`` is Ann's."""
    with app.app_context():
        act_as(account(BOB))
        return services.create_note(title="Bob's own").id


def test_note_of_another_account_does_not_exist(client: FlaskClient, bobs_note: int) -> None:
    assert "No notes here yet." in client.get("/").text
    url = f"/notes/{bobs_note}"
    assert client.get(url).status_code == 404
    assert client.post(url, data={"title": "Mine"}).status_code == 404
    assert client.post(f"{url}/delete").status_code == 404


def test_anonymous_user_is_redirected_to_login(app: Flask, bobs_note: int) -> None:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    assert "Bob" not in client.get("/").text
    assert client.get(f"/notes/{bobs_note}").location == f"/account/login?next=/notes/{bobs_note}"
    assert client.post("/notes/new", data={"title": "Mine"}).location == "/account/login"


@pytest.mark.usefixtures("bobs_note")
def test_script_without_an_account_sees_and_writes_nothing(app: Flask) -> None:
    with app.app_context():
        assert services.list_notes().items == []
        with pytest.raises(Unauthorized):
            services.create_note(title="Nobody's")


def test_note_is_deleted_with_its_account(app: Flask, bobs_note: int) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(User, account(BOB)))
        db.session.commit()
        assert db.session.get(Note, bobs_note) is None


def test_seed_creates_an_account_if_there_is_none(runner: FlaskCliRunner) -> None:
    output = runner.invoke(args=["seed"]).output
    assert "Sign in as demo@example.com with " in output
    assert "3 notes added." in output
    assert "The notes belong to demo@example.com" in runner.invoke(args=["seed"]).output
