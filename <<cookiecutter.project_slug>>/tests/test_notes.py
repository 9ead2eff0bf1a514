import re

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner


def create(client: FlaskClient, title: str, body: str = "") -> None:
    client.post("/notes/new", data={"title": title, "body": body})


def titles(page: str) -> list[str]:
    return re.findall(r"<h2><a [^>]*>(.*)</a></h2>", page)


def link(page: str, rel: str) -> str:
    """Return the URL of the link to the next or the previous page."""
    found = re.search(rf'<a rel="{rel}" href="([^"]*)"', page)
    return found[1] if found else ""


def note_url(client: FlaskClient) -> str:
    """Return the URL of the newest note."""
    found = re.search(r'<h2><a href="([^"]*)">', client.get("/").text)
    assert found
    return found[1]


def test_index_without_notes(client: FlaskClient) -> None:
    assert "No notes here yet." in client.get("/").text


def test_index_shows_notes_newest_first_and_escaped(client: FlaskClient) -> None:
    create(client, "First")
    create(client, "<b>Second</b>", "Body")
    page = client.get("/").text
    assert titles(page) == ["&lt;b&gt;Second&lt;/b&gt;", "First"]
    assert "Body" in page


def test_index_has_older_and_newer_pages(client: FlaskClient) -> None:
    client.application.config["PAGE_SIZE"] = 2
    for number in range(5):
        create(client, f"Note {number}")
    first = client.get("/").text
    second = client.get(link(first, "next")).text
    third = client.get(link(second, "next")).text
    assert [titles(page) for page in (first, second, third)] == [
        ["Note 4", "Note 3"],
        ["Note 2", "Note 1"],
        ["Note 0"],
    ]
    assert (link(first, "prev"), link(third, "next")) == ("", "")
    assert titles(client.get(link(third, "prev")).text) == titles(second)
    back = client.get(link(second, "prev")).text
    assert (titles(back), link(back, "prev")) == (titles(first), "")


def test_page_beyond_the_end_leads_back(client: FlaskClient) -> None:
    create(client, "Note")
    assert titles(client.get(link(client.get("/?before=1").text, "prev")).text) == ["Note"]
    assert titles(client.get(link(client.get("/?after=2147483647").text, "next")).text) == ["Note"]


@pytest.mark.parametrize("query", ["before=-1", "after=2147483648", "before=99999999999999999999"])
def test_index_rejects_a_key_out_of_range(client: FlaskClient, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 404


def test_create(client: FlaskClient) -> None:
    assert client.get("/notes/new").status_code == 200
    response = client.post("/notes/new", data={"title": " Tea "}, follow_redirects=True)
    assert "“Tea” was created." in response.text
    assert titles(response.text) == ["Tea"]


def test_update(client: FlaskClient) -> None:
    create(client, "Old", "Body")
    url = note_url(client)
    assert 'value="Old"' in client.get(url).text
    response = client.post(url, data={"title": "New", "body": "Body"}, follow_redirects=True)
    assert "“New” was saved." in response.text
    assert titles(response.text) == ["New"]


@pytest.mark.parametrize("title", ["", "   ", "x" * 121, "a\x00b"])
def test_form_shows_errors_and_keeps_the_input(client: FlaskClient, title: str) -> None:
    create(client, "Old")
    for url in ("/notes/new", note_url(client)):
        response = client.post(url, data={"title": title, "body": "Kept"})
        assert response.status_code == 422
        assert 'aria-invalid="true"' in response.text
        assert "Kept" in response.text


def test_delete(client: FlaskClient) -> None:
    create(client, "Gone")
    url = note_url(client)
    response = client.post(f"{url}/delete", follow_redirects=True)
    assert "“Gone” was deleted." in response.text
    assert titles(response.text) == []
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("number", ["1", "2147483648", "99999999999999999999"])
def test_note_that_does_not_exist_is_not_found(client: FlaskClient, number: str) -> None:
    assert client.get(f"/notes/{number}").status_code == 404


def test_seed(runner: FlaskCliRunner) -> None:
    assert "5 notes added." in runner.invoke(args=["seed", "--count", "5"]).output
    assert runner.invoke(args=["seed", "--count", "0"]).exit_code == 2


def test_shell_has_the_models(app: Flask) -> None:
    with app.app_context():
        assert {"db", "Note"} <= app.make_shell_context().keys()
