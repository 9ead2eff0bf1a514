import pytest
# <% if cookiecutter.auth %>
from flask import Flask
# <% endif %>
from flask.testing import FlaskClient, FlaskCliRunner
# <% if cookiecutter.auth %>

from tests.support.accounts import BOB, BROWSER, enter
# <% endif %>

LIST = "/notes/"
NEW = "/notes/new"
# What differs in a second note.
SECOND = {"title": "Title 2"}


@pytest.fixture
def form() -> dict[str, str]:
    """What the form sends."""
    return {
        "title": "Title 1",
        "body": "Body 1",
    }


def create(client: FlaskClient, form: dict[str, str]) -> str:
    """Create a note, and return its URL."""
    response = client.post(NEW, data=form)
    assert response.status_code == 303
    return str(response.location)


def test_list_without_notes(client: FlaskClient) -> None:
    assert "No notes found." in client.get(LIST).text


def test_list_shows_notes_newest_first(client: FlaskClient, form: dict[str, str]) -> None:
    first, second = create(client, form), create(client, form | SECOND)
    page = client.get(LIST).text
    assert 0 < page.index(f'"{second}"') < page.index(f'"{first}"')


def test_form_creates_a_note(client: FlaskClient, form: dict[str, str]) -> None:
    assert client.get(NEW).status_code == 200
    page = client.post(NEW, data=form, follow_redirects=True).text
    assert "“Title 1” was created." in page


def test_form_edits_a_note(client: FlaskClient, form: dict[str, str]) -> None:
    url = create(client, form)
    assert "Title 1" in client.get(f"{url}/edit").text
    page = client.post(f"{url}/edit", data=form | SECOND, follow_redirects=True).text
    assert "“Title 2” was saved." in page


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("title", "ab" * 120),
        ("title", "a\x00b"),
        ("title", ""),
        ("title", "  "),
        ("body", "ab" * 10000),
        ("body", "a\x00b"),
    ],
)
def test_form_shows_an_error_and_stores_nothing(
    client: FlaskClient, form: dict[str, str], key: str, value: str
) -> None:
    response = client.post(NEW, data=form | {key: value})
    assert response.status_code == 422
    assert f'id="{key}-about"' in response.text
    assert "<article" not in client.get(LIST).text


def test_delete(client: FlaskClient, form: dict[str, str]) -> None:
    url = create(client, form)
    page = client.post(f"{url}/delete", follow_redirects=True).text
    assert "“Title 1” was deleted." in page
    assert client.get(url).status_code == 404


def test_note_that_does_not_exist_is_not_found(client: FlaskClient) -> None:
    assert client.get(f"{LIST}1").status_code == 404


def test_seed_adds_notes_once(client: FlaskClient, runner: FlaskCliRunner) -> None:
    for _ in range(2):
        assert runner.invoke(args=["seed"]).exit_code == 0
        assert client.get(LIST).text.count("<article") == 3
# <% if cookiecutter.cache == "redis" %>


@pytest.mark.usefixtures("cached")
def test_count_follows_each_change(client: FlaskClient, form: dict[str, str]) -> None:
    assert "Notes (0)" in client.get(LIST).text
    url = create(client, form)
    assert "Notes (1)" in client.get(LIST).text
    client.post(f"{url}/delete")
    assert "Notes (0)" in client.get(LIST).text
# <% endif %>
# <% if cookiecutter.auth %>


def test_note_of_another_account_does_not_exist(client: FlaskClient, form: dict[str, str]) -> None:
    url = create(client, form)
    enter(client, BOB)
    assert f'"{url}"' not in client.get(LIST).text
    assert client.get(url).status_code == 404
    assert client.post(f"{url}/edit", data=form).status_code == 404
    assert client.post(f"{url}/delete").status_code == 404


def test_anonymous_user_is_redirected_to_login(app: Flask) -> None:
    assert app.test_client().get(LIST, headers=BROWSER).location.startswith("/account/login")
# <% endif %>
