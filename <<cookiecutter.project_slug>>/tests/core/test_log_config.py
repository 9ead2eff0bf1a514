import json
import logging
from typing import Any

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient

from app.core.log_config import configure_logging, logging_config


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_request_gives_one_line_with_all_that_operators_ask(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO", "json")
    client.get("/?page=1", headers={"X-Request-ID": "log-1"})
    (line,) = lines(capsys)
    assert line.pop("duration_ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "request_id": "log-1",
        "method": "GET",
        "path": "/",
        "route": "/",
        "status": 200,
        "client": "127.0.0.1",
    }


def test_every_line_of_a_request_carries_its_id(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    with app.test_request_context(headers={"X-Request-ID": "log-2"}):
        app.preprocess_request()
        structlog.get_logger().info("through our own logger")
        app.logger.info("through the standard library")
    assert [(line["event"], line["request_id"]) for line in lines(capsys)] == [
        ("through our own logger", "log-2"),
        ("through the standard library", "log-2"),
    ]


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no name")


CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({1: {2: None}}, {"1": {"2": None}}),
        (2**70, str(2**70)),
        ({"n": [2**70]}, f"{{'n': [{2**70}]}}"),
        ("half \ud800", r"'half \ud800'"),
        ({("a", "b"): 1}, "{('a', 'b'): 1}"),
        (CIRCLE, "[[...]]"),
        ({1, 2}, "{1, 2}"),
        (Unspeakable(), "a Unspeakable that cannot be shown"),
    ],
)
def test_value_that_json_does_not_know_is_told_in_words(
    capsys: pytest.CaptureFixture[str], value: object, told: object
) -> None:
    configure_logging("INFO", "json")
    structlog.get_logger().info("ours", **{"data": value, "\ud800": 1})
    logging.getLogger("library").error("theirs: %s", "half \ud800")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["data"], ours["level"]) == ("ours", told, "info")
    assert theirs["event"] == r"'theirs: half \ud800'"


def test_probes_leave_no_line(api: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "json")
    api.get("/healthz")
    assert lines(capsys) == []


def test_development_server_does_not_repeat_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO", "console")
    log = logging.getLogger("werkzeug")
    log.info('127.0.0.1 - - [01/Jan/2026 00:00:00] "GET / HTTP/1.1" 200 -')
    log.info("Press CTRL+C to quit")
    out = capsys.readouterr().out
    assert "GET /" not in out
    assert "Press CTRL+C to quit" in out


def test_level_hides_what_is_below_it(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING", "console")
    client.get("/")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("environment", "format_"), [("production", "json"), ("development", "console")])
def test_servers_get_the_format_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: str, format_: str
) -> None:
    monkeypatch.delenv("LOG_FORMAT", raising=False)
    monkeypatch.setenv("APP_ENV", environment)
    assert logging_config()["formatters"]["structured"]["format_"] == format_
