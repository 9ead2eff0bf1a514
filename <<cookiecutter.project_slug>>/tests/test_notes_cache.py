"""What is remembered of notes."""

from collections.abc import Iterator

import pytest
from fakeredis import FakeServer
from flask import Flask
from sqlalchemy import event

from app import create_app
from app.blueprints.main import services
from app.config import load_config
from app.extensions import db


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application whose processes share what they remember."""
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
def statements(shared: Flask) -> list[str]:
    """What the database is asked."""
    asked: list[str] = []
    with shared.app_context():
        event.listen(
            db.engine, "before_cursor_execute", lambda _connection, _cursor, text, *_: asked.append(text)
        )
    return asked


def test_home_page_asks_the_database_once(shared: Flask, statements: list[str]) -> None:
    client = shared.test_client()
    client.post("/notes", data={"title": "Tea"})
    pages = [client.get("/").text for _ in range(3)]
    assert all("Tea" in page for page in pages)
    assert len([text for text in statements if text.startswith("SELECT")]) == 1


def test_page_shows_each_change_at_once(shared: Flask) -> None:
    client, other = shared.test_client(), shared.test_client()
    for title, absent in (("Tea", "Coffee"), ("Coffee", "Tea")):
        client.post("/notes/1" if title == "Coffee" else "/notes", data={"title": title})
        page = other.get("/").text
        assert title in page
        assert absent not in page
    client.post("/notes/1/delete")
    assert "Coffee" not in other.get("/").text


def test_list_comes_back_as_it_was(shared: Flask) -> None:
    with shared.app_context():
        services.create_note("한국", "body")
    pages = []
    for _ in range(2):
        with shared.app_context():
            pages.append(services.list_notes(1))
    assert pages[0] == pages[1]
    assert pages[1].items[0].created.tzinfo is not None


def test_pages_work_while_redis_is_away(shared: Flask, redis: FakeServer) -> None:
    redis.connected = False
    client = shared.test_client()
    client.post("/notes", data={"title": "Tea"})
    assert "Tea" in client.get("/").text
