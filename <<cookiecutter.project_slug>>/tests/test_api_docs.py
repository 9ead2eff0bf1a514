import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask, render_template

from app import create_app
from app.apidocs import ApiPage
from app.config import BaseConfig

PAGE = "/api/v1/docs"
HOSTILE = "<script>alert(1)</script>\" onfocus='x'"


class Elements(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.found if (value := attributes.get(name))]


def describe(paths: dict[str, Any] | None = None, **more: Any) -> ApiPage:
    return ApiPage(
        {"openapi": "3.1.0", "info": {"title": "T", "version": "v1"}, "paths": paths or {}, **more}
    )


def operations(app: Flask) -> dict[str, Any]:
    page = ApiPage(app.test_client().get("/api/v1/openapi.json").get_json())
    return {operation.method.lower(): operation for group in page.groups for operation in group.operations}


@pytest.fixture
def page(app: Flask) -> str:
    return app.test_client().get(PAGE).text


def test_page_shows_every_operation_of_the_document(app: Flask, page: str) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
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


def test_form_starts_with_an_example_that_the_api_accepts(app: Flask, page: str) -> None:
    sample = operations(app)["post"].bodies[0].sample
    response = app.test_client().post("/api/v1/notes/", data=sample, content_type="application/json")
    assert response.status_code == 201
    assert '<textarea id="post-api-v1-notes-body" data-media="application/json"' in page


def test_body_shows_only_what_a_client_may_send(app: Flask) -> None:
    values = operations(app)["post"].bodies[0].values
    assert {value.name: value.required for value in values} == {"title": True, "body": False}


def test_document_says_that_errors_are_problem_documents(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    media = {name: list(answer["content"]) for name, answer in document["components"]["responses"].items()}
    assert len(media) == 2  # what does not fit the schema, and everything else
    assert all(kinds == ["application/problem+json"] for kinds in media.values())
    assert list(document["paths"]["/api/v1/notes/"]["get"]["responses"]["200"]["content"]) == [
        "application/json"
    ]


def test_version_with_an_end_announces_it(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    before = app.test_client().get(PAGE).text
    monkeypatch.setattr(BaseConfig, "API_V1_DEPRECATED_ON", "2031-02-03", raising=False)
    monkeypatch.setattr(BaseConfig, "API_V1_SUNSET_ON", "2032-03-04", raising=False)
    client = create_app("testing").test_client()
    operations = [
        operation
        for item in client.get("/api/v1/openapi.json").get_json()["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    ]
    assert all(operation["deprecated"] for operation in operations)
    assert "<time>2031-02-03</time> and may be gone from <time>2032-03-04</time>" in client.get(PAGE).text
    assert app.test_client().get(PAGE).text == before  # another application in the same process


def test_hostile_text_stays_text(app: Flask) -> None:
    schema = {"type": HOSTILE, "format": HOSTILE, "description": f"`{HOSTILE}` {HOSTILE}", "enum": [HOSTILE]}
    ref = {"$ref": f"#/components/schemas/{HOSTILE}".replace("</", "<~1")}
    operation = {
        "summary": HOSTILE,
        "description": HOSTILE,
        "tags": [HOSTILE],
        "parameters": [{"name": HOSTILE, "in": "query", "required": True, "schema": {"example": HOSTILE}}],
        "requestBody": {
            "content": {HOSTILE: {"schema": {"type": "object", "properties": {HOSTILE: schema}}}}
        },
        "responses": {HOSTILE: {"description": HOSTILE, "content": {HOSTILE: {"schema": ref}}}},
    }
    api = describe({f"/{HOSTILE}": {"post": operation}}, components={"schemas": {HOSTILE: schema}})
    with app.test_request_context(PAGE):
        html = render_template("api/docs.html", api=api, end=None, versions=["v1"])
    elements = Elements(html)
    assert "<script>alert" not in html
    assert [tag for tag, _ in elements.found].count("script") == 1
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert HOSTILE in elements.attributes("value")


def test_parameters_of_an_operation_replace_those_of_its_path() -> None:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    item = {
        "parameters": [limit, {"$ref": "#/components/parameters/flag"}],
        "get": {"parameters": [{**limit, "required": True, "description": "Own.", "example": 7}]},
    }
    flag = {"name": "flag", "in": "header", "schema": {"type": "boolean"}}
    (group,) = describe({"/a": item}, components={"parameters": {"flag": flag}}).groups
    first, second = group.operations[0].parameters
    assert (first.name, first.required, first.description, first.sample) == (
        "limit",
        True,
        "<p>Own.</p>",
        "7",
    )
    assert (second.place, second.options) == ("header", ["true", "false"])


def test_operations_stand_under_their_tags_with_an_id_of_their_own() -> None:
    item = {method: {"tags": [tag]} for method, tag in {"get": "api_v1_users", "put": "api_v1"}.items()}
    api = describe(
        {"/a": item, "/a/": item, "/b": {"get": {}}}, tags=[{"name": "Unused"}, {"name": "api_v1"}]
    )
    assert [group.title for group in api.groups] == ["Endpoints", "Users", "Endpoints"]
    assert [operation.id for group in api.groups for operation in group.operations] == [
        "put-a",
        "put-a-2",
        "get-a",
        "get-a-2",
        "get-b",
    ]


def test_bodies_give_the_example_of_their_media_type(app: Flask) -> None:
    content = {
        "application/json": {"examples": {"one": {"value": {"a": 1}}}},
        "application/x-www-form-urlencoded": {"example": {"a": [1, 2]}},
    }
    upload = {"requestBody": {"content": {"multipart/form-data": {"schema": {"type": "object"}}}}}
    api = describe({"/a": {"post": {"requestBody": {"content": content}}, "put": upload}})
    first, second = api.groups[0].operations[0].bodies
    assert (re.sub(r"\s", "", first.sample), second.sample) == ('{"a":1}', "a=1&a=2")
    with app.test_request_context(PAGE):
        html = render_template(
            "api/docs.html", api=api, end=("2031-02-03", "2032-03-04"), versions=["v1", "v1"]
        )
    assert [
        form for tag, form in Elements(html).found if tag == "form" and form["data-method"] == "PUT"
    ] == []


@pytest.mark.parametrize(("scheme", "takes"), [("bearer", True), ("basic", False)])
def test_page_asks_for_a_token_where_the_api_takes_one(app: Flask, scheme: str, takes: bool) -> None:
    api = describe(components={"securitySchemes": {"login": {"type": "http", "scheme": scheme}}})
    with app.test_request_context(PAGE):
        html = render_template("api/docs.html", api=api, end=None, versions=["v1"])
    assert ("api-token" in Elements(html).attributes("id")) is takes
