"""Exports of others do not exist, and hold no note of theirs."""

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from app.auth.owner import act_as
from app.blueprints.exports import services
from app.blueprints.main import services as notes
from tests.support.accounts import BOB, account, enter
from tests.support.work import WorkOff


def bobs(app: Flask) -> int:
    """Give the number of an export of Bob's, who has a note."""
    with app.app_context():
        act_as(account(BOB))
        notes.create_note(title="Bobs own")
        return services.start_export().id


def test_export_of_somebody_else_is_not_there(app: Flask, client: FlaskClient, work: WorkOff) -> None:
    number = bobs(app)
    work()
    assert "Bobs own" not in client.get("/exports/").text
    assert client.get(f"/exports/{number}").status_code == 404
    assert client.get(f"/exports/{number}/notes.json").status_code == 404
    own = client.post("/exports/").headers["Location"]
    work()
    assert client.get(f"{own}/notes.json").get_json() == []
    enter(client, BOB)
    assert [note["title"] for note in client.get(f"/exports/{number}/notes.json").get_json()] == ["Bobs own"]


def test_visitor_without_an_account_is_asked_to_log_in(app: Flask) -> None:
    number = bobs(app)
    visitor = app.test_client()
    visitor.environ_base["HTTP_ACCEPT"] = "text/html"
    assert visitor.get("/exports/").location == "/account/login?next=/exports/"
    assert visitor.post("/exports/").location == "/account/login"
    assert visitor.get(f"/exports/{number}/notes.json").status_code == 302


def test_lines_of_an_export_tell_whose_it_is(
    app: Flask, work: WorkOff, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []

    def look() -> Iterator[None]:
        seen.append(structlog.contextvars.get_contextvars())
        return iter(())

    bobs(app)
    monkeypatch.setattr(services, "batches", look)
    work()
    with app.app_context():
        assert seen[0]["user_id"] == account(BOB)
