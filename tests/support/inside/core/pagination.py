"""Pages of a list: what their links lead to, at the ends of the list and beyond them."""

import re

import pytest
from flask.testing import FlaskClient

LIST = "/notes/"


def create(client: FlaskClient, *titles: str) -> None:
    for title in titles:
        assert client.post("/notes/new", data={"title": title}).status_code == 303


def titles(page: str) -> list[str]:
    return re.findall(r"<h2><a [^>]*>(.*)</a></h2>", page)


def link(page: str, rel: str) -> str:
    """Return the URL of the link to the next or the previous page."""
    found = re.search(rf'<a rel="{rel}" href="([^"]*)"', page)
    return found[1] if found else ""


def test_list_has_older_and_newer_pages(client: FlaskClient) -> None:
    client.application.config["PAGE_SIZE"] = 2
    create(client, "<b>0</b>", "1", "2", "3", "4")
    first = client.get(LIST).text
    second = client.get(link(first, "next")).text
    third = client.get(link(second, "next")).text
    shown = [titles(page) for page in (first, second, third)]
    assert shown == [["4", "3"], ["2", "1"], ["&lt;b&gt;0&lt;/b&gt;"]]
    assert (link(first, "prev"), link(third, "next")) == ("", "")
    assert titles(client.get(link(third, "prev")).text) == titles(second)
    back = client.get(link(second, "prev")).text
    assert (titles(back), link(back, "prev")) == (titles(first), "")


def test_page_beyond_the_end_leads_back(client: FlaskClient) -> None:
    create(client, "Tea")
    assert titles(client.get(link(client.get(f"{LIST}?before=1").text, "prev")).text) == ["Tea"]
    assert titles(client.get(link(client.get(f"{LIST}?after=2147483647").text, "next")).text) == ["Tea"]


@pytest.mark.parametrize("query", ["before=-1", "after=2147483648", "before=99999999999999999999"])
def test_key_out_of_range_is_not_found(client: FlaskClient, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code == 404


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "before=x", "before=-1", "after=2147483648"])
def test_api_rejects_an_invalid_query(api: FlaskClient, query: str) -> None:
    assert api.get(f"/api/v1/notes/?{query}").status_code == 422


@pytest.mark.parametrize("number", ["1", "2147483648", "99999999999999999999"])
def test_row_that_does_not_exist_is_not_found(client: FlaskClient, api: FlaskClient, number: str) -> None:
    assert client.get(f"{LIST}{number}").status_code == 404
    response = api.get(f"/api/v1/notes/{number}")
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
