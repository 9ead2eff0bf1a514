import os
import re
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient


def test_page_names_its_files_with_a_digest_and_they_may_be_kept(client: FlaskClient) -> None:
    for address in re.findall(r'"(/static/[^"]+)"', client.get("/").text):
        with client.get(address) as response:
            assert response.status_code == 200
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_file_without_its_digest_is_not_kept(client: FlaskClient) -> None:
    with client.get("/static/css/app.css") as response:
        assert "immutable" not in response.headers["Cache-Control"]
    assert "immutable" not in client.get("/static/nothing.css?v=1").headers.get("Cache-Control", "")
    with client.get("/static/css/app.css?v=0123456789ab") as response:
        assert "immutable" not in response.headers["Cache-Control"]


def test_digest_changes_with_the_file(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    file = tmp_path / "a.css"
    addresses = set()
    for number, content in enumerate(["one", "two"]):
        file.write_text(content)
        os.utime(file, (number, number))
        with app.test_request_context():
            addresses.add(url_for("static", filename="a.css"))
    assert len(addresses) == 2


def test_file_that_is_missing_has_no_digest(app: Flask) -> None:
    with app.test_request_context():
        assert url_for("static", filename="nothing.css") == "/static/nothing.css"
