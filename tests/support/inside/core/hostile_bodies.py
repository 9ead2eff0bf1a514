"""Bodies and headers that were made to be expensive: each costs little CPU, at the limits of their sizes.

The unit is decoding beside them, not seconds: a busy or slow machine slows both.
"""

import gc
import io
import json
from collections.abc import Iterator
from time import process_time
from urllib.parse import unquote_to_bytes

import pytest
from app import create_app
from app.core.request_body import MAX_FORM_BYTES
from flask import Flask, request
from werkzeug.test import EnvironBuilder

UNIT = "%ff" * 10_000  # 1.4 ms on a machine of 2022, 100 of them less than 0.2 s
MAX_UNITS = 100
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=part"
MEGABYTE = 1024 * 1024  # the most JSON
FORM_BYTES = MAX_FORM_BYTES
FILE_BYTES = 16 * MEGABYTE - 200  # MAX_CONTENT_LENGTH
HEADER_BYTES = 8000  # Gunicorn's and Nginx's limit is 8190


def fill(unit: str, size: int, start: str = "", end: str = "") -> bytes:
    """Repeat a text until a body has its size."""
    return (start + unit * ((size - len(start) - len(end)) // len(unit)) + end).encode()


def file_of(unit: str, size: int = FILE_BYTES) -> bytes:
    """Return a form with one file."""
    start = '--part\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    return fill(unit, size, start, "\r\n--part--\r\n")


def fields(count: int, size: int) -> str:
    """Return a JSON object with as many different fields as fit."""
    return json.dumps({f"{number:06}": 1 for number in range(count)}, separators=(",", ":"))[: size - 1] + "}"


PART = '--part\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
BODIES: dict[str, tuple[str, bytes]] = {
    "JSON: brackets": (JSON, fill("[", MEGABYTE)),
    "JSON: brackets, closed": (JSON, b"[" * (MEGABYTE // 2) + b"]" * (MEGABYTE // 2)),
    "JSON: brackets as deep as orjson reads": (JSON, b"[" * 1000 + b"]" * 1000),
    "JSON: objects in objects": (JSON, fill('{"a":', MEGABYTE)),
    "JSON: digits": (JSON, fill("9", MEGABYTE)),
    "JSON: digits of a fraction": (JSON, fill("9", MEGABYTE, "0.")),
    "JSON: digits of an exponent": (JSON, fill("9", MEGABYTE, "1e")),
    "JSON: lists": (JSON, fill("[],", MEGABYTE, "[", "[]]")),
    "JSON: numbers": (JSON, fill("1,", MEGABYTE, "[", "1]")),
    "JSON: fractions": (JSON, fill("1.7976931348623157e308,", MEGABYTE, "[", "1]")),
    "JSON: fields": (JSON, fields(95_000, MEGABYTE)[:-1].encode() + b"}"),
    "JSON: one field, over and over": (JSON, fill('"a":1,', MEGABYTE, "{", '"a":1}')),
    "JSON: escapes": (JSON, fill("\\u0041", MEGABYTE, '"', '"')),
    "JSON: blanks": (JSON, fill(" ", MEGABYTE)),
    "form: fields without values": (FORM, fill("a&", FORM_BYTES)),
    "form: fields": (FORM, fill("a=b&", FORM_BYTES)),
    "form: different fields": (FORM, "&".join(map(str, range(73_000))).encode()[:FORM_BYTES]),
    "form: percent-encoding": (FORM, fill("%ff", FORM_BYTES)),
    "form: broken percent-encoding": (FORM, fill("%", FORM_BYTES)),
    "form: ampersands": (FORM, fill("&", FORM_BYTES)),
    "form: plus signs": (FORM, fill("+", FORM_BYTES)),
    "multipart: 999 parts": (MULTIPART, PART.encode() * 999 + b"--part--\r\n"),
    "multipart: parts beyond the limit": (MULTIPART, fill(PART, FILE_BYTES)),
    "multipart: headers of a part": (MULTIPART, fill("X: y\r\n", FORM_BYTES, "--part\r\n")),
    "multipart: parameters of a part": (
        MULTIPART,
        fill("; a=b", FORM_BYTES, "--part\r\nContent-Disposition: form-data", "\r\n\r\n"),
    ),
    "multipart: backslashes in a name": (
        MULTIPART,
        fill("\\", FORM_BYTES, '--part\r\nContent-Disposition: form-data; name="', '"\r\n\r\n'),
    ),
    "multipart: no boundary": (MULTIPART, fill("x", FILE_BYTES)),
    "multipart: boundaries, almost": (MULTIPART, fill("\r\n--par", FILE_BYTES)),
    "multipart: a field": (MULTIPART, fill("x", FILE_BYTES, PART[:-3])),
    "multipart: a file": (MULTIPART, file_of("x")),
    "multipart: a file of line ends": (MULTIPART, file_of("\r\n")),
    "multipart: a file of carriage returns": (MULTIPART, file_of("\r")),
    "multipart: a file of boundaries, almost": (MULTIPART, file_of("\r\n--par")),
    "multipart: a file of dashes": (MULTIPART, file_of("-")),
}
HEADERS = {
    "Accept": "text/html;q=0.1,",
    "Accept-Encoding": "gzip;q=0.1,",
    "Accept-Language": "en-GB;q=0.1,",
    "Authorization": "Bearer ",
    "Cache-Control": "a=b,",
    "Content-Type": "a/b; ",
    "Cookie": "a=b;",
    "Forwarded": "for=1;",
    "If-None-Match": '"a",',
    "If-Range": '"a",',
    "Origin": "https://",
    "Range": "bytes=0-0,",
    "Referer": "https://[",
    "User-Agent": "a/(",
    "X-Forwarded-For": "1,",
    "X-Request-ID": "a-",
}


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    """An application with a page that reads everything of a request."""
    app = create_app("testing")
    app.teardown_request(lambda _error: request.close())
    app.config["RATELIMIT_ENABLED"] = False

    @app.route("/read")
    @app.post("/api/read")
    def read() -> str:
        for part in (request.args, request.cookies, request.files, request.form, request.if_none_match):
            list(part)
        for part in (request.accept_languages, request.accept_mimetypes, request.accept_encodings):
            list(part)
        _ = (request.range, request.authorization, request.if_range, request.cache_control, request.referrer)
        if request.is_json:
            request.get_json()
        return "read"

    gc.freeze()  # what pytest has loaded is not the application's
    yield app
    gc.unfreeze()


def count_units(app: Flask, builder: EnvironBuilder) -> tuple[float, str]:
    """Send a request, and return its CPU time in units, both the shortest of five, and its status."""
    figures, units, statuses = [], [], []
    body = builder.input_stream.read() if builder.input_stream else b""
    for _ in range(5):
        environ = builder.get_environ() | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        started = process_time()
        chunks = app(environ, lambda status, headers, exc_info=None: statuses.append(status))
        list(chunks)
        getattr(chunks, "close", lambda: None)()
        figures.append(process_time() - started)
        started = process_time()
        unquote_to_bytes(UNIT)
        units.append(process_time() - started)
    return min(figures) / min(units), statuses[-1]


@pytest.mark.parametrize("name", BODIES)
def test_body_costs_little(app: Flask, name: str) -> None:
    kind, body = BODIES[name]
    for path in ("/api/read", "/notes/new", "/api/v1/notes/"):
        builder = EnvironBuilder(path=path, method="POST", input_stream=io.BytesIO(body), content_type=kind)
        took, status = count_units(app, builder)
        assert status < "5"
        assert took < MAX_UNITS
        assert kind != JSON or path != "/notes/new" or status.startswith(("401", "415"))


@pytest.mark.parametrize("name", [*HEADERS, "query"])
def test_header_costs_little(app: Flask, name: str) -> None:
    headers = {name: fill(HEADERS[name], HEADER_BYTES).decode()} if name in HEADERS else {}
    query = fill("a&", HEADER_BYTES).decode() if name == "query" else ""
    builder = EnvironBuilder(path="/read", query_string=query, headers=headers)
    took, status = count_units(app, builder)
    assert status < "5"
    assert took < MAX_UNITS
