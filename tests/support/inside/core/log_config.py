import json
import logging
from typing import Any

import pytest
import structlog
from app.core.log_config import configure_logging
from flask import Flask
from flask.testing import FlaskClient


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_request_is_logged_in_one_line_without_its_query(
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
        "logger": "app.core.request_log",
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
        structlog.get_logger().info("structlog")
        app.logger.info("standard library", extra={"sent": object()})
    assert [(line["event"], line["request_id"]) for line in lines(capsys)] == [
        ("structlog", "log-2"),
        ("standard library", "log-2"),
    ]


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
