"""Schemas, and the words and samples that a page shows of them."""

import json
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

Node = dict[str, Any]

RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "items"),
)
LIMITS = {
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "pattern": "matching",
    "default": "default",
}
FLAGS = {"readOnly": "read only", "writeOnly": "write only", "uniqueItems": "no duplicates"}
SAMPLES = {
    "date-time": "2030-01-31T09:30:00+00:00",
    "date": "2030-01-31",
    "time": "09:30:00",
    "email": "me@example.com",
}
DEEPEST = 5  # a schema may contain itself; an example may not


@dataclass(frozen=True)
class Value:
    """A parameter, a header, an attribute or a whole schema, with its attributes."""

    name: str
    type: Markup
    facts: list[str]
    description: Markup
    required: bool
    place: str
    options: list[str]
    sample: str
    values: list["Value"]


def prose(text: str | None) -> Markup:
    """Turn plain text into HTML: paragraphs at blank lines, code between backticks, the rest escaped."""
    code = Markup("<code>{}</code>")
    paragraphs = [
        Markup("").join(code.format(part) if odd % 2 else escape(part) for odd, part in enumerate(parts))
        for parts in (re.split(r"`([^`]+)`", block) for block in re.split(r"\n\s*\n", (text or "").strip()))
    ]
    return Markup("").join(Markup("<p>{}</p>").format(paragraph) for paragraph in paragraphs if paragraph)


def facts(schema: Node) -> list[str]:
    """Say in words what else a schema asks of a value."""
    found = []
    for least, most, unit in RANGES:
        low, high = schema.get(least), schema.get(most)
        if low is None and high is None:
            continue
        words = (
            f"at least {low}" if high is None else f"at most {high}" if low is None else f"{low} to {high}"
        )
        last = low if high is None else high
        found.append(f"{words} {unit[:-1] if last == 1 else unit}".strip())
    if "enum" in schema:
        found.append(f"one of {', '.join(map(as_json, schema['enum']))}")
    found += [
        f"{words} {as_json(schema[key])}" for key, words in LIMITS.items() if schema.get(key) is not None
    ]
    return found + [words for key, words in FLAGS.items() if schema.get(key)]


def as_json(value: Any, indent: int | None = None) -> str:
    """Write a value the way a client sends it."""
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)


class SchemaReader:
    """Reads the schemas of a document.

    Parameters:
        document: an OpenAPI 3.1 document; its references must lead into itself.

    Raises:
        KeyError: a reference leads nowhere.
    """

    def __init__(self, document: Node) -> None:
        self.document = document

    def value(self, name: str, schema: Node, *, required: bool = False, place: str = "") -> Value:
        """Read what stands under a name: an attribute, a parameter or a whole schema."""
        flat = self.flat(schema)
        choices = ["true", "false"] if flat.get("type") == "boolean" else []
        parts = {} if "$ref" in schema else flat["properties"]  # the page links to what has a name
        sample = self.sample(schema)
        return Value(
            name=name,
            type=self.type_of(schema),
            facts=facts(flat),
            description=prose(flat.get("description")),
            required=required,
            place=place,
            options=[str(option) for option in flat.get("enum", choices)],
            sample=sample if isinstance(sample, str) else as_json(sample),
            values=[self.value(key, part, required=key in flat["required"]) for key, part in parts.items()],
        )

    def type_of(self, schema: Node) -> Markup:
        """Name the type of a schema, with links to the schemas that the page describes."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return Markup('<a href="#schema-{0}">{0}</a>').format(name)
        for key, word in (
            ("oneOf", Markup(" or ")),
            ("anyOf", Markup(" or ")),
            ("allOf", Markup(" and ")),
        ):
            if key in schema:
                return word.join(map(self.type_of, schema[key]))
        if schema.get("type") == "array":
            return Markup("list of {}").format(self.type_of(schema.get("items", {})))
        kinds = schema.get("type", "any")
        words = kinds if isinstance(kinds, str) else " or ".join(kinds)
        return escape(f"{words} ({schema['format']})" if "format" in schema else words)

    def sample(self, schema: Node, depth: int = 0) -> Any:
        """Make a value that fits a schema: its own example if it has one."""
        schema = self.flat(schema)
        for key in ("examples", "enum", "oneOf", "anyOf"):
            if schema.get(key):
                first = schema[key][0]
                return first if key in ("examples", "enum") else self.sample(first, depth)
        for key in ("example", "const", "default"):
            if key in schema:
                return schema[key]
        kinds = schema.get("type", "object" if schema["properties"] else "string")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind == "object":
            parts = {} if depth > DEEPEST else schema["properties"]
            return {
                name: self.sample(part, depth + 1)
                for name, part in parts.items()
                if not self.resolve(part).get("readOnly")
            }
        if kind == "array":
            return [] if depth > DEEPEST else [self.sample(schema.get("items", {}), depth + 1)]
        plain = {
            "boolean": True,
            "integer": max(1, schema.get("minimum", 1)),
            "number": schema.get("minimum", 1.5),
        }
        return plain.get(kind, SAMPLES.get(schema.get("format", ""), "text")) if kind != "null" else None

    def flat(self, schema: Node) -> Node:
        """Follow the reference of a schema and merge what it is composed of with ``allOf``."""
        schema = self.resolve(schema)
        merged: Node = {"properties": {}, "required": []}
        for part in [*map(self.flat, schema.get("allOf", [])), schema]:
            properties = merged["properties"] | part.get("properties", {})
            required = merged["required"] + part.get("required", [])
            merged |= {**part, "properties": properties, "required": required}
        return merged

    def resolve(self, node: Node) -> Node:
        """Follow references; what stands beside one adds to its target."""
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target | {key: value for key, value in node.items() if key != "$ref"}
        return node
