"""JSON as the application writes it, fast, and as it reads it, strict."""

import json
import re
from collections.abc import Iterator
from math import isinf
from typing import Any, NoReturn

import orjson
from flask import Flask
from flask.json.provider import JSONProvider

# Only a body with one of these escapes can hold what cannot be stored.
SUSPECT = re.compile(r"\\u0000|\\ud[89a-f]", re.IGNORECASE)
# PostgreSQL stores no NUL, and half a surrogate pair has no UTF-8 form.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONProvider(JSONProvider):
    """Writes with orjson, which knows dates and UUIDs; refuses input on which parsers disagree (RFC 8259, section 4).

    Refused are repeated names, NaN, Infinity and what would become it, nesting that exhausts the stack, numbers beyond Python's limit, and
    text that cannot be stored.
    """

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Give ``obj`` as JSON; ``indent`` is the only option that is heeded."""
        indent = orjson.OPT_INDENT_2 if kwargs.get("indent") else 0
        return orjson.dumps(obj, option=orjson.OPT_NON_STR_KEYS | indent).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Give what the JSON text ``s`` means.

        Raises:
            ValueError: it is not JSON, or means something only to some readers.
        """
        text = s if isinstance(s, str) else s.decode("utf-8")
        try:
            value = DECODER.decode(text)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        if SUSPECT.search(text) and any(map(UNSTORABLE.search, texts(value))):
            raise ValueError("a text holds a character that cannot be stored")
        return value


def unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs, unless a name comes twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object holds the same name twice")
    return value


def finite(text: str) -> float:
    """Read a number; one beyond the largest would become Infinity, which no JSON can hold."""
    number = float(text)
    if isinf(number):
        raise ValueError("a number is too large")
    return number


def refuse_constant(name: str) -> NoReturn:
    """Refuse what Python reads and JSON does not know: NaN, Infinity, -Infinity."""
    raise ValueError(f"{name} is no JSON number")


DECODER = json.JSONDecoder(object_pairs_hook=unique_names, parse_float=finite, parse_constant=refuse_constant)


def texts(value: Any) -> Iterator[str]:
    """Give every text inside a JSON value, names included."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item


def init_json(app: Flask) -> None:
    """Let ``app`` read and write JSON this way."""
    app.json = StrictJSONProvider(app)
