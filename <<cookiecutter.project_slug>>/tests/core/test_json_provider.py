import json
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.exceptions import HTTPException

from app.core.json_provider import StrictJSONProvider


@pytest.fixture
def provider(app: Flask) -> StrictJSONProvider:
    return StrictJSONProvider(app)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"title": "a",}',
        b"{'title': 'a'}",
        b'{"title": "a"} {}',
        b'{"title": NaN}',
        b'{"title": -Infinity}',
        b'{"title": 1e400}',
        b'{"title": [-1.5e999999]}',
        b'{"title": "a", "title": "b"}',
        b'{"title": "a\\u0000b"}',
        b'{"title": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"title": ["\\uDC00"]}',
        b'{"title": "\xff"}',
        '{"title": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"title": "a"}',
        b"[" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"title": ' + b"9" * 5_000 + b"}",
    ],
)
def test_body_on_which_parsers_disagree_is_refused(provider: StrictJSONProvider, body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        provider.loads(body)


@pytest.mark.parametrize("value", [None, 1.5, "한국 😀 \\u0000 \\ud800", {"a": [True, {"b": "\t\n"}]}, 2**70])
def test_value_survives_reading(provider: StrictJSONProvider, value: Any) -> None:
    assert provider.loads(json.dumps(value)) == value


def test_value_is_written_compactly_and_in_order(provider: StrictJSONProvider) -> None:
    assert provider.dumps({"b": "한", "a": 1}) == '{"b":"한","a":1}'
    assert provider.dumps({"a": 1}, indent=2) == '{\n  "a": 1\n}'


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b"{", "application/json", "400 Bad Request: The body is not usable JSON: Expecting property name"),
        (b"[" * 100_000, "application/json", "nested too deeply"),
        (b'{"a": 1, "a": 2}', "application/problem+json", "same name twice"),
        (b"{}", "text/plain", "415 Unsupported Media Type"),
        (b"{}", "", "415 Unsupported Media Type"),
    ],
)
def test_request_with_a_bad_body_is_told_why(app: Flask, body: bytes, content_type: str, error: str) -> None:
    context = app.test_request_context(method="POST", data=body, content_type=content_type)
    with context, pytest.raises(HTTPException, match=error):
        request.get_json()
