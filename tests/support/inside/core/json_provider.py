from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from flask import Flask, request
from werkzeug.exceptions import HTTPException


class Color(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": "한", "a": 1}, '{"b":"한","a":1}'),
        (Decimal("12.50"), "12.50"),
        (Decimal("NaN"), "null"),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Color.RED, '"red"'),
        (date(2026, 1, 2), '"2026-01-02"'),
        (datetime(2026, 1, 2, tzinfo=UTC), '"2026-01-02T00:00:00+00:00"'),
    ],
)
def test_values_of_models_are_written(app: Flask, value: object, text: str) -> None:
    assert app.json.dumps(value) == text


@pytest.mark.parametrize(
    ("body", "content_type", "error"),
    [
        (b'{"a": NaN}', "application/json", "400 Bad Request: The body is not valid JSON: "),
        (b"[" * 2000, "application/json", "400 Bad Request: The body is not valid JSON: "),
        (b"{}", "text/plain", "415 Unsupported Media Type"),
    ],
)
def test_invalid_json_is_rejected_with_a_reason(
    app: Flask, body: bytes, content_type: str, error: str
) -> None:
    context = app.test_request_context("/api/", method="POST", data=body, content_type=content_type)
    with context, pytest.raises(HTTPException, match=error):
        request.get_json()
