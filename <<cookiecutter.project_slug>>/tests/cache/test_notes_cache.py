"""The cached number of notes."""

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
    """The application with Redis."""
    settings = {"REDIS_URL": "redis://127.0.0.1:1"}
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | settings)
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        # On a database server the tables are those of `session_app`, which goes on.
        clear()
        db.engine.dispose()


@pytest.fixture
def statements(app: Flask) -> list[str]:
    """The statements that select notes."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_: object) -> None:
        if text.startswith("SELECT") and "FROM notes" in text:
            sent.append(text)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    return sent


def count(client: FlaskClient) -> int:
    """Return the number of notes on the home page."""
    found = re.search(r"<h1>Notes \((\d+)\)</h1>", client.get("/").text)
    assert found
    return int(found[1])


def test_notes_are_counted_once(client: FlaskClient, statements: list[str]) -> None:
    client.post("/notes/new", data={"title": "Tea"})
    assert [count(client) for _ in range(3)] == [1, 1, 1]
    assert len([query for query in statements if "count" in query]) == 1


def test_count_follows_each_change(client: FlaskClient, call: Call) -> None:
    assert count(client) == 0
    number = call(services.create_note, title="Tea").id
    assert count(client) == 1
    call(lambda: services.delete_note(services.get_note(number)))
    assert count(client) == 0


def test_pages_work_while_redis_is_unavailable(client: FlaskClient, redis: FakeServer) -> None:
    redis.connected = False
    client.post("/notes/new", data={"title": "Tea"})
    assert count(client) == 1
