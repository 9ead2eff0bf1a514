"""Notes belong to the account that wrote them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.exceptions import Unauthorized

from app.auth.owner import act_as
from app.blueprints.main import services
from app.extensions import db
from app.models import Note, User
from tests.support.accounts import BOB, account, ann


def bobs_note(app: Flask) -> int:
    with app.app_context():
        act_as(account(BOB))
        return services.create_note("Bobs own").id


def test_note_of_somebody_else_is_not_there_on_any_page(app: Flask, client: FlaskClient) -> None:
    note = bobs_note(app)
    page = client.get("/").text
    assert "Bobs own" not in page
    assert '<span class="count">0</span>' in page
    assert client.get(f"/notes/{note}").status_code == 404
    assert client.post(f"/notes/{note}", data={"title": "Mine"}).status_code == 404
    assert client.post(f"/notes/{note}/delete").status_code == 404


def test_visitor_without_an_account_sees_no_note(app: Flask) -> None:
    note = bobs_note(app)
    visitor = app.test_client()
    visitor.environ_base["HTTP_ACCEPT"] = "text/html"
    assert "Bobs own" not in visitor.get("/").text
    assert visitor.get(f"/notes/{note}").location == f"/account/login?next=/notes/{note}"
    assert visitor.post("/notes/new", data={"title": "Mine"}).location == "/account/login"


def test_script_that_acts_for_nobody_sees_and_writes_nothing(app: Flask) -> None:
    bobs_note(app)
    with app.app_context():
        assert services.count_notes() == 0
        assert services.list_notes(1).items == ()
        with pytest.raises(Unauthorized):
            services.create_note("Nobodys")


def test_script_that_acts_for_one_after_another_counts_for_each(app: Flask) -> None:
    bobs_note(app)
    with app.app_context():
        act_as(account(BOB))
        assert services.count_notes() == 1
        act_as(ann())
        assert services.count_notes() == 0


def test_seed_makes_an_account_when_there_is_none(app: Flask, runner: FlaskCliRunner) -> None:
    output = runner.invoke(args=["seed"]).output
    assert "Log in as demo@example.com with " in output
    assert "3 notes added." in output
    assert "They belong to demo@example.com" in runner.invoke(args=["seed"]).output


def test_note_goes_with_its_account(app: Flask) -> None:
    note = bobs_note(app)
    with app.app_context():
        db.session.delete(db.session.get_one(User, account(BOB)))
        db.session.commit()
        assert db.session.get(Note, note) is None
