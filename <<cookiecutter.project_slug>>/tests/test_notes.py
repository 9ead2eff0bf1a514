"""Notes on their pages, in their forms and services."""

from types import SimpleNamespace

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.blueprints.main import services
from app.blueprints.main.forms import NoteForm
from app.blueprints.main.views import render_list, render_notes
from app.extensions import db, fetch
from app.models import Note
from app.models.base import utc_now

from .conftest import Call


def test_home_page_is_there_when_there_are_no_notes(client: FlaskClient) -> None:
    response = client.get("/")
    assert response.status_code == 200
    assert "Nothing here yet" in response.text


def test_home_page_shows_notes_newest_first_and_escaped(client: FlaskClient, call: Call) -> None:
    call(services.create_note, "First")
    call(services.create_note, "<b>Second</b>")
    text = client.get("/").text
    assert text.index("&lt;b&gt;Second&lt;/b&gt;") < text.index("First")


def test_who_only_reads_gets_no_cookie(app: Flask) -> None:
    assert "Set-Cookie" not in app.test_client().get("/").headers


def test_same_notes_are_rendered_once(client: FlaskClient, call: Call) -> None:
    call(services.create_note, "Tea")
    before = render_list.cache_info().misses
    assert client.get("/").text == client.get("/").text
    assert render_list.cache_info().misses == before + 1


def test_notes_that_can_be_no_key_are_rendered_each_time(
    client: FlaskClient, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = SimpleNamespace(id=1, title="Tea", body="", created=utc_now())
    page = services.NotePage((note,), 1, 10, 1)  # type: ignore[arg-type]
    monkeypatch.setattr(services, "list_notes", lambda _number: page)
    with client.application.test_request_context():
        before = render_list.cache_info().misses
        assert render_notes(1, "") == render_notes(1, "")
        assert render_list.cache_info().misses == before


def test_home_page_has_further_pages_when_notes_are_many(client: FlaskClient, call: Call) -> None:
    for number in range(11):
        call(services.create_note, f"Note {number}")
    assert 'rel="next"' in client.get("/").text
    second = client.get("/?page=2").text
    assert "Note 0" in second
    assert 'rel="prev"' in second


def test_page_past_the_last_says_so_and_leads_back(client: FlaskClient, call: Call) -> None:
    for number in range(11):
        call(services.create_note, f"Note {number}")
    text = client.get("/?page=99").text
    assert "Nothing is left on this page." in text
    assert 'href="/?page=2"' in text
    assert "Nothing here yet" not in text


@pytest.mark.parametrize("page", ["-1", "0", "many", "99999999999999999999"])
def test_page_number_that_makes_no_sense_is_not_found(client: FlaskClient, page: str) -> None:
    assert client.get(f"/?page={page}").status_code == 404


def test_form_stores_a_note_and_says_so(client: FlaskClient) -> None:
    response = client.post("/notes/new", data={"title": " Tea ", "body": "Green"}, follow_redirects=True)
    assert response.status_code == 200
    assert "“Tea” is saved." in response.text


@pytest.mark.parametrize("title", ["", "   ", "x" * 121, "a\x00b"])
def test_form_comes_back_with_what_is_wrong(client: FlaskClient, title: str) -> None:
    response = client.post("/notes/new", data={"title": title, "body": "Kept"})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert "Kept" in response.text


def test_form_without_a_token_is_refused(app: Flask, client: FlaskClient, call: Call) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/notes/new", data={"title": "Forged"}).status_code == 400
    assert call(services.count_notes) == 0


def test_note_can_be_edited(client: FlaskClient, call: Call) -> None:
    note = call(services.create_note, "Old", "Text")
    address = f"/notes/{note.id}"
    assert "Old" in client.get(address).text
    assert client.post(address, data={"title": ""}).status_code == 422
    response = client.post(address, data={"title": "New", "body": "Text"}, follow_redirects=True)
    assert "“New” is saved." in response.text


@pytest.mark.parametrize(("action", "status"), [("", 409), ("/delete", 303)])
def test_note_that_somebody_else_has_removed_meanwhile(
    client: FlaskClient, call: Call, monkeypatch: pytest.MonkeyPatch, action: str, status: int
) -> None:
    note = call(services.create_note, "Milk")
    get = services.get_note

    def get_the_last_time(note_id: int) -> Note:
        note = get(note_id)
        db.session.execute(delete(Note).execution_options(synchronize_session=False))
        return note

    monkeypatch.setattr(services, "get_note", get_the_last_time)
    response = client.post(f"/notes/{note.id}{action}", data={"title": "Oat milk", "body": ""})
    assert response.status_code == status


def test_note_can_be_deleted(client: FlaskClient, call: Call) -> None:
    note = call(services.create_note, "Gone")
    response = client.post(f"/notes/{note.id}/delete", follow_redirects=True)
    assert "“Gone” is deleted." in response.text
    assert client.post(f"/notes/{note.id}/delete").status_code == 404


def test_form_class_strips_blanks(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"title": " a "}):
        assert NoteForm().title.data == "a"


def test_count_of_notes_is_asked_once_in_a_context(call: Call) -> None:
    def count_in_one_context() -> None:
        assert services.count_notes() == services.count_notes() == 0
        assert g.note_count == 0
        services.create_note("One")
        assert services.count_notes() == 1

    call(count_in_one_context)


@pytest.mark.parametrize("begun", [False, True])
def test_rows_are_the_same_whether_a_session_has_begun(call: Call, begun: bool) -> None:
    def ask() -> tuple[object, ...]:
        if begun:
            db.session.execute(select(1))
        [row] = fetch(select(Note))
        return row._fields

    call(services.create_note, "Tea")
    assert call(ask) == tuple(Note.__table__.columns.keys())


def test_list_takes_part_in_the_transaction_around_a_test(call: Call) -> None:
    def change_and_undo() -> None:
        db.session.remove()
        with (
            db.engine.connect() as connection,
            connection.begin() as around,
            pytest.MonkeyPatch.context() as patch,
        ):
            # This is how Flask-SQLAlchemy would have tests undone.
            patch.setitem(db.engines, None, connection)
            services.create_note("Undone")
            assert services.list_notes(1).total == 1
            db.session.remove()
            around.rollback()

    call(change_and_undo)
    assert call(services.list_notes, 1).total == 0


def test_note_shows_itself_in_a_shell() -> None:
    assert repr(Note(id=1, title="Tea")) == "<Note 1 'Tea'>"
