"""What the page of an API shows: groups of operations, and schemas."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from .schemas import FLAGS, Node, SchemaReader, Value, as_json, prose

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")


@dataclass(frozen=True)
class Body:
    """What is sent or answered in one media type."""

    media: str
    type: Markup
    values: list[Value]
    sample: str


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: str
    description: Markup
    bodies: list[Body]
    headers: list[Value]


@dataclass(frozen=True)
class Operation:
    """A method of a path."""

    id: str
    method: str
    path: str
    summary: str
    description: Markup
    deprecated: bool
    parameters: list[Value]
    bodies: list[Body]
    answers: list[Answer]


@dataclass(frozen=True)
class Group:
    """The operations of a tag."""

    title: str
    description: Markup
    operations: list[Operation]


class ApiPage(SchemaReader):
    """What the page of an API shows.

    Parameters:
        document: an OpenAPI 3.1 document; its references must lead into itself.

    Raises:
        KeyError: a reference leads nowhere.
    """

    def __init__(self, document: Node) -> None:
        super().__init__(document)
        self.title, self.version = document["info"]["title"], document["info"]["version"]
        self.description = prose(document["info"].get("description"))
        self.groups = list(self.read_groups())
        components = document.get("components", {})
        self.schemas = [self.value(name, schema) for name, schema in components.get("schemas", {}).items()]
        self.takes_token = any(
            self.resolve(scheme).get("scheme") == "bearer"
            for scheme in components.get("securitySchemes", {}).values()
        )

    def read_groups(self) -> Iterator[Group]:
        """Give the operations by their first tag, in the order in which the document declares the tags."""
        declared = {tag["name"]: tag.get("description") for tag in self.document.get("tags", [])}
        tagged: dict[str, list[Operation]] = {name: [] for name in declared}
        taken: set[str] = set()
        for path, item in self.document["paths"].items():
            for method in (name for name in METHODS if name in item):
                anchor = "-".join(re.findall(r"\w+", f"{method} {path}", re.ASCII))
                while anchor in taken:
                    anchor += "-2"
                taken.add(anchor)
                tag = (item[method].get("tags") or [""])[0]
                tagged.setdefault(tag, []).append(self.read_operation(anchor, method, path, item))
        for name, operations in tagged.items():
            # Without a tag of their own, operations carry the name of their blueprint.
            rest = name.removeprefix(f"api_{self.version}")
            title = name if rest == name else rest.strip("_").replace("_", " ").capitalize()
            if operations:
                yield Group(title or "Endpoints", prose(declared.get(name)), operations)

    def read_operation(self, anchor: str, method: str, path: str, item: Node) -> Operation:
        """Read one method of a path; its own parameters replace the path's of the same name."""
        node = item[method]
        given = map(self.resolve, item.get("parameters", []) + node.get("parameters", []))
        parameters = {(parameter["in"], parameter["name"]): parameter for parameter in given}
        answers = {str(status): self.resolve(answer) for status, answer in node.get("responses", {}).items()}
        return Operation(
            id=anchor,
            method=method.upper(),
            path=path,
            summary=node.get("summary", ""),
            description=prose(node.get("description")),
            deprecated=bool(node.get("deprecated")),
            parameters=[self.parameter(name, parameter) for (_, name), parameter in parameters.items()],
            bodies=self.bodies(self.resolve(node.get("requestBody", {}))),
            answers=[
                Answer(
                    status=status,
                    description=prose(answer.get("description")),
                    bodies=self.bodies(answer),
                    headers=[
                        self.parameter(name, header) for name, header in answer.get("headers", {}).items()
                    ],
                )
                for status, answer in sorted(answers.items())  # digits, then "default"
            ],
        )

    def parameter(self, name: str, node: Node) -> Value:
        """Read a parameter or a header."""
        node = self.resolve(node)
        media = next(iter(node.get("content", {}).values()), node)  # a value may be a document of its own
        schema = {**media.get("schema", {})}
        schema |= {key: node[key] for key in ("description", "example") if key in node}
        return self.value(name, schema, required=bool(node.get("required")), place=node.get("in", ""))

    def bodies(self, node: Node) -> list[Body]:
        """Read what a request or a response carries, by media type; what is read-only is left out."""
        found = []
        for media, content in node.get("content", {}).items():
            schema = content.get("schema", {})
            given = [self.resolve(example).get("value") for example in content.get("examples", {}).values()]
            sample: Any = content.get("example") or (given[0] if given else self.sample(schema))
            values = self.value("", self.resolve(schema)).values
            values = [value for value in values if FLAGS["readOnly"] not in value.facts]
            form = media == "application/x-www-form-urlencoded"
            written = urlencode(sample, doseq=True) if form else as_json(sample, indent=2)
            found.append(Body(media, self.type_of(schema), values, written))
        return found
