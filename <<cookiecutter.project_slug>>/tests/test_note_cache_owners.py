"""What is remembered for one account is shown to no other."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.auth.owner import act_as
from app.blueprints.main import services
from app.blueprints.main.views import render_notes
from tests.cache.test_notes_cache import app as app  # remembers in Redis
from tests.support.accounts import ANN, BOB, account, enter


@pytest.fixture
def browsers(app: Flask) -> dict[str, FlaskClient]:
    """Ann's, Bob's and a stranger's; Ann and Bob have a note each."""
    made = {name: app.test_client() for name in (ANN, BOB, "")}
    for name, client in made.items():
        client.environ_base["HTTP_ACCEPT"] = "text/html"
        if name:
            enter(client, name)
            client.post("/notes/new", data={"title": f"Secret of {name}"})
    return made


def test_page_that_was_remembered_for_another_is_never_shown(browsers: dict[str, FlaskClient]) -> None:
    for _ in range(2):  # asked of the database, then remembered
        for name, client in browsers.items():
            page = client.get("/").text
            shown = {other for other in (ANN, BOB) if f"Secret of {other}" in page}
            assert shown == ({name} if name else set())


def test_log_in_as_somebody_else_shows_his_notes(browsers: dict[str, FlaskClient]) -> None:
    assert f"Secret of {ANN}" in browsers[ANN].get("/").text
    enter(browsers[ANN], BOB)
    page = browsers[ANN].get("/").text
    assert f"Secret of {ANN}" not in page
    assert f"Secret of {BOB}" in page


@pytest.mark.parametrize("name", [ANN, BOB, ""])
def test_functions_remember_for_each_account_and_for_nobody(
    app: Flask, browsers: dict[str, FlaskClient], name: str
) -> None:
    for client in browsers.values():
        client.get("/")
    for _ in range(2):
        with app.test_request_context():
            if name:
                act_as(account(name))
            titles = [note.title for note in services.list_notes(1).items]
            assert titles == ([f"Secret of {name}"] if name else [])
            assert str(render_notes(1, "")).count("Secret of") == len(titles)
