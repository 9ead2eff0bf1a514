import re
from typing import Any

import pytest
from flask import Flask, render_template

from app.core.apidocs import ApiPage
from tests.support.elements import Elements

PAGE = "/api/v1/docs"
HOSTILE = "<script>alert(1)</script>\" onfocus='x'"


def describe(paths: dict[str, Any] | None = None, **more: Any) -> ApiPage:
    return ApiPage(
        {"openapi": "3.1.0", "info": {"title": "T", "version": "v1"}, "paths": paths or {}, **more}
    )


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
