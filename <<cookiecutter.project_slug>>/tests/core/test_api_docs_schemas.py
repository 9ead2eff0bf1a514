from typing import Any

import pytest

from app.core.apidocs.schemas import SchemaReader, Value, facts, prose


def read(schema: dict[str, Any], **schemas: Any) -> Value:
    return SchemaReader({"components": {"schemas": schemas}}).value("x", schema)


def test_prose_has_paragraphs_and_code() -> None:
    assert prose("Use `a < b` & go.\n\nThen `stop") == (
        "<p>Use <code>a &lt; b</code> &amp; go.</p><p>Then `stop</p>"
    )
    assert prose(None) == prose(" \n ") == ""


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"minimum": 0}, ["at least 0"]),
        ({"maxItems": 1, "uniqueItems": True}, ["at most 1 item", "no duplicates"]),
        ({"minLength": 2, "maxLength": 5, "pattern": "^a"}, ["2 to 5 characters", 'matching "^a"']),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 9}, ["more than 0", "less than 9"]),
        ({"enum": ["é", 2, None], "default": "é"}, ['one of "é", 2, null', 'default "é"']),
        ({"readOnly": True, "writeOnly": False, "default": None}, ["read only"]),
    ],
)
def test_facts_say_what_a_schema_asks(schema: dict[str, Any], words: list[str]) -> None:
    assert facts(schema) == words


@pytest.mark.parametrize(
    ("schema", "sample"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date"}, "2030-01-31"),
        ({"type": ["integer", "null"], "minimum": 5}, "5"),
        ({"type": "integer", "minimum": 0}, "1"),
        ({"type": "number"}, "1.5"),
        ({"type": "boolean"}, "true"),
        ({"type": "null"}, "null"),
        ({"type": "array", "items": {"type": "integer"}}, "[1]"),
        ({"enum": ["b", "a"]}, "b"),
        ({"examples": ["first", "second"], "example": "third"}, "first"),
        ({"example": 0}, "0"),
        ({"const": "only"}, "only"),
        ({"anyOf": [{"type": "boolean"}, {"type": "string"}]}, "true"),
        ({"properties": {"a": {"default": 1}, "b": {"readOnly": True}}}, '{"a": 1}'),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
            '{"a": 1, "b": 2}',
        ),
    ],
)
def test_sample_fits_its_schema(schema: dict[str, Any], sample: str) -> None:
    assert read(schema).sample == sample


@pytest.mark.parametrize(
    ("schema", "html"),
    [
        ({}, "any"),
        ({"type": ["string", "null"], "format": "uuid"}, "string or null (uuid)"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/A"}}, 'list of <a href="#schema-A">A</a>'),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, "integer or string"),
    ],
)
def test_type_is_named_and_linked(schema: dict[str, Any], html: str) -> None:
    assert read(schema, A={"type": "object"}).type == html


def test_schema_that_contains_itself_has_an_end() -> None:
    tree = {
        "type": "object",
        "properties": {"parts": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    one = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/One"}}}
    reference = {"$ref": "#/components/schemas/One"}
    assert read(tree, Tree=tree).sample == '{"parts": [{"parts": [{"parts": [{}]}]}]}'
    assert read(reference, One=one).sample.count("next") == 6
    assert [value.type for value in read(one, One=one).values] == ['<a href="#schema-One">One</a>']
