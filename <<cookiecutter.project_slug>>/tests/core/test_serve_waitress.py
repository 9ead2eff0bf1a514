"""Waitress, as serve_waitress.py starts it."""

import json
from pathlib import Path

import pytest

from tests.support.serving import serving

COMMAND = ["serve_waitress.py"]


def test_server_answers_and_leaves_cleanly_on_sigterm(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path) as server:
        server.wait_until_ready()
        assert server.get("/healthz") == 200
        assert server.stop() == 0
    assert not list(server.home.iterdir())
    lines = [json.loads(line) for line in server.output.splitlines()]
    assert "waitress" in {line["logger"] for line in lines}


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "eighty"), ("THREADS", "0")],
)
def test_server_names_a_setting_that_is_wrong(tmp_path: Path, name: str, value: str) -> None:
    with serving(COMMAND, tmp_path, **{name: value}) as server:
        assert server.process.wait(timeout=60) != 0
    assert f"{name} must be a whole number" in server.output


def test_server_refuses_to_start_when_the_app_does(tmp_path: Path) -> None:
    with serving(COMMAND, tmp_path, SECRET_KEY="") as server:
        assert server.process.wait(timeout=60) != 0
    assert "SECRET_KEY: " in server.output
