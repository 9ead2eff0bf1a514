from typing import Any

import pytest
from flask import Flask

from app.core.apidocs import ApiPage
from tests.support.elements import Elements
from tests.support.tiny_api import tiny_app

DOCUMENT = "/api/v9/openapi.json"
PAGE = "/api/v9/docs"


def operations(app: Flask) -> dict[str, Any]:
    page = ApiPage(app.test_client().get(DOCUMENT).get_json())
    return {operation.method.lower(): operation for group in page.groups for operation in group.operations}


@pytest.fixture(scope="module")
def tiny() -> Flask:
    return tiny_app()


@pytest.fixture(params=["v1", "v9"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(tiny: Flask, version: str) -> str:
    return tiny.test_client().get(f"/api/{version}/docs").text


def test_page_shows_every_operation_of_the_document(tiny: Flask, page: str, version: str) -> None:
    paths = tiny.test_client().get(f"/api/{version}/openapi.json").get_json()["paths"]
    expected = {
        (method.upper(), path) for path, item in paths.items() for method in item if method != "parameters"
    }
    forms = [attributes for tag, attributes in Elements(page).found if tag == "form"]
    assert {(form["data-method"], form["data-path"]) for form in forms} == expected


def test_page_needs_neither_inline_code_nor_a_script_to_be_read(page: str) -> None:
    elements = Elements(page)
    names = {name for _, attributes in elements.found for name in attributes}
    scripts = [attributes.get("src") for tag, attributes in elements.found if tag == "script"]
    assert [str(script).partition("?")[0] for script in scripts] == ["/static/js/api.js"]
    assert "style" not in {tag for tag, _ in elements.found} | names
    assert not [name for name in names if name.startswith("on")]
    assert all("hidden" in attributes for tag, attributes in elements.found if tag == "form")


def test_ids_are_unique_and_every_reference_to_one_leads_somewhere(page: str) -> None:
    elements = Elements(page)
    ids = elements.attributes("id")
    assert len(ids) == len(set(ids))
    wanted = [link[1:] for link in elements.attributes("href") if link.startswith("#")]
    wanted += elements.attributes("for") + elements.attributes("aria-labelledby")
    assert set(wanted) <= set(ids)


def test_page_needs_no_other_host(page: str) -> None:
    assert Elements(page).elsewhere() == []


def test_form_starts_with_an_example_that_the_api_accepts(tiny: Flask) -> None:
    sample = operations(tiny)["post"].bodies[0].sample
    response = tiny.test_client().post("/api/v9/things/", data=sample, content_type="application/json")
    assert response.status_code == 201
    page = tiny.test_client().get(PAGE).text
    assert '<textarea id="post-api-v9-things-body" data-media="application/json"' in page


def test_body_shows_only_what_a_client_may_send(tiny: Flask) -> None:
    values = operations(tiny)["post"].bodies[0].values
    assert {value.name: value.required for value in values} == {"name": True, "colour": False}


def test_document_says_that_errors_are_problem_documents(tiny: Flask) -> None:
    document = tiny.test_client().get(DOCUMENT).get_json()
    media = {name: list(answer["content"]) for name, answer in document["components"]["responses"].items()}
    assert len(media) == 3  # what does not fit the schema, what has changed meanwhile, and everything else
    assert all(kinds == ["application/problem+json"] for kinds in media.values())
    answer = document["paths"]["/api/v9/things/"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["application/json"]


def test_version_with_an_end_announces_it(tiny: Flask) -> None:
    before = tiny.test_client().get(PAGE).text
    end = {"API_V9_DEPRECATED_ON": "2031-02-03", "API_V9_SUNSET_ON": "2032-03-04"}
    client = tiny_app(**end).test_client()
    item = client.get(DOCUMENT).get_json()["paths"]["/api/v9/things/"]
    assert item["get"]["deprecated"] is item["post"]["deprecated"] is True
    assert "<time>2031-02-03</time> and may be gone from <time>2032-03-04</time>" in client.get(PAGE).text
    assert tiny.test_client().get(PAGE).text == before  # another application in the same process
