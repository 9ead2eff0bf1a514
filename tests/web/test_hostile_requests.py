"""Gunicorn alone on the network, and requests that nobody sends by accident."""

import json
from collections.abc import Iterator

import hostile_values
import hostile_wire
import pytest
from hostile import Hostile, get, send, statuses
from production import Server, in_production
from project import Project

on_gunicorn = pytest.mark.parametrize("project", ["open"], indirect=True)
TABLES = (hostile_wire, hostile_values)
UNLIMITED = {"RATELIMIT_DEFAULT": "1000000 per minute"}
TABLE = [row for table in TABLES for rows in vars(table).values() if isinstance(rows, tuple) for row in rows]
EXPECTED = {row.name: row.seen for row in TABLE}


@pytest.fixture(scope="module")
def server(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a proxy in front, whose log holds JSON alone when it ends."""
    with in_production(project, tmp_path_factory.mktemp("hostile") / "log", **UNLIMITED) as server:
        yield server
    assert server.lines()


def allowed(row: Hostile) -> bool:
    """Tell whether a request is refused as it should be."""
    return all(400 <= status < 500 or status in (501, 505) for status in row.seen)


def test_table_is_long_and_lets_nothing_pass_but_what_is_harmless():
    assert len(TABLE) >= 60
    assert len({row.name for row in TABLE}) == len(TABLE)
    assert [row.name for row in TABLE if not allowed(row)] == [row.name for row in hostile_wire.HARMLESS]


@on_gunicorn
def test_hostile_requests_are_refused_as_the_table_says(server: Server):
    seen = {row.name: statuses(send(server.port, row.raw)) for row in TABLE}
    assert {name: seen[name] for name in seen if seen[name] != EXPECTED[name]} == {}
    lines = server.lines()
    assert not [line for line in lines if "smuggled" in line.get("path", "")]
    assert not [line for line in lines if "exception" in line]
    assert all(line["request_id"] for line in lines if line["event"] == "request")


@on_gunicorn
@pytest.mark.parametrize("sent", ['"},{"event":"forged"', "a" * 65, "\x1b[31mred", "../../etc", "한"])
def test_request_id_reaches_the_log_only_when_it_is_harmless(server: Server, sent: str):
    raw = get("/nothing").replace(b"\r\n\r\n", b"\r\nX-Request-ID: " + sent.encode() + b"\r\n\r\n")
    before = len(server.lines())
    answer = send(server.port, raw)
    assert sent.encode() not in answer
    lines = server.lines()[before:]
    assert lines
    assert sent not in json.dumps(lines, ensure_ascii=False)


@on_gunicorn
@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\n<script>alert(1)</script>\r\n\r\n", b"<script> / HTTP/1.1\r\n\r\n"]
)
def test_refusal_repeats_no_markup(server: Server, sent: bytes):
    answer = send(server.port, sent)
    assert statuses(answer) == (400,)
    assert b"<script>" not in answer
