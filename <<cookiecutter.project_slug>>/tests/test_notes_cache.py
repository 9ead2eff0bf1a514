"""What is remembered of notes."""

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

from .conftest import Call


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application whose processes share what they remember, in the place of the usual one."""
    settings = {"REDIS_URL": "redis://127.0.0.1:1"}
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | settings)
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.drop_all()
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


def test_home_page_asks_the_database_once(client: FlaskClient, questions: list[str]) -> None:
    client.post("/notes/new", data={"title": "Tea"})
    pages = [client.get("/").text for _ in range(3)]
    assert all("Tea" in page for page in pages)
    assert len(questions) == 1


def test_page_shows_each_change_at_once(client: FlaskClient, call: Call) -> None:
    assert "Tea" not in client.get("/").text
    call(services.create_note, "Tea")
    assert "Tea" in client.get("/").text
    client.post("/notes/1", data={"title": "Coffee"})
    page = client.get("/").text
    assert "Coffee</a>" in page
    assert "Tea</a>" not in page
    call(lambda: services.delete_note(services.get_note(1)))
    assert "Coffee</a>" not in client.get("/").text


@pytest.mark.parametrize("remembered", [False, True])
def test_change_that_waits_to_be_written_is_never_remembered(call: Call, remembered: bool) -> None:
    def titles() -> list[str]:
        return [note.title for note in services.list_notes(1).items]

    def change_and_undo() -> None:
        services.get_note(1).title = "Coffee"
        assert titles() == ["Coffee"]
        db.session.rollback()

    call(services.create_note, "Tea")
    assert not remembered or call(titles) == ["Tea"]
    call(change_and_undo)
    assert call(titles) == ["Tea"]


def test_list_comes_back_as_it_was(call: Call) -> None:
    call(services.create_note, "한국", "body")
    first, second = (call(services.list_notes, 1) for _ in range(2))
    assert first == second
    assert second.items[0].created.tzinfo is not None


def test_pages_work_while_redis_is_away(client: FlaskClient, redis: FakeServer) -> None:
    redis.connected = False
    client.post("/notes/new", data={"title": "Tea"})
    assert "Tea" in client.get("/").text
