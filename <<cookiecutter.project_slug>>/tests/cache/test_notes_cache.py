"""What is remembered of notes."""

import re
from collections.abc import Iterator

import pytest
from fakeredis import FakeServer
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app import create_app
from app.blueprints.main import services
from app.config import load_config
from app.extensions import db
from tests.conftest import Call, clear


@pytest.fixture
def app(session_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application whose processes share what they remember, in the place of the usual one."""
    settings = {"REDIS_URL": "redis://127.0.0.1:1"}
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | settings)
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        # On a database server the tables are those of the usual one, which goes on.
        clear()
        db.engine.dispose()


@pytest.fixture
def questions(app: Flask) -> list[str]:
    """What the database is asked about notes."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
        if text.startswith("SELECT") and "FROM notes" in text:
            asked.append(text)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    return asked


def titles(client: FlaskClient) -> list[str]:
    """Give the titles on the home page."""
    return re.findall(r"<h3><a [^>]*>(.*)</a></h3>", client.get("/").text)


def test_home_page_asks_the_database_once(client: FlaskClient, questions: list[str]) -> None:
    client.post("/notes/new", data={"title": "Tea"})
    assert [titles(client) for _ in range(3)] == [["Tea"]] * 3
    assert len(questions) == 1


def test_page_shows_each_change_at_once(client: FlaskClient, call: Call) -> None:
    assert titles(client) == []
    number = call(services.create_note, "Tea").id
    assert titles(client) == ["Tea"]
    client.post(f"/notes/{number}", data={"title": "Coffee"})
    assert titles(client) == ["Coffee"]
    call(lambda: services.delete_note(services.get_note(number)))
    assert titles(client) == []


@pytest.mark.parametrize("remembered", [False, True])
def test_change_that_waits_to_be_written_is_never_remembered(call: Call, remembered: bool) -> None:
    def listed() -> list[str]:
        return [note.title for note in services.list_notes(1).items]

    def change_and_undo() -> None:
        services.get_note(number).title = "Coffee"
        assert listed() == ["Coffee"]
        db.session.rollback()

    number = call(services.create_note, "Tea").id
    assert not remembered or call(listed) == ["Tea"]
    call(change_and_undo)
    assert call(listed) == ["Tea"]


def test_list_comes_back_as_it_was(call: Call) -> None:
    call(services.create_note, "한국", "body")
    first, second = (call(services.list_notes, 1) for _ in range(2))
    assert first == second
    assert second.items[0].created.tzinfo is not None


def test_links_are_those_of_the_mount_point(client: FlaskClient) -> None:
    client.post("/notes/new", data={"title": "Tea"})
    for _ in range(2):  # asked of the database, then remembered
        for mount in ("", "/below"):
            text = client.get("/", environ_overrides={"SCRIPT_NAME": mount}).text
            assert re.findall(r'<h3><a href="([^"]*)/notes/\d+"', text) == [mount]


def test_pages_work_while_redis_is_away(client: FlaskClient, redis: FakeServer) -> None:
    redis.connected = False
    client.post("/notes/new", data={"title": "Tea"})
    assert titles(client) == ["Tea"]
