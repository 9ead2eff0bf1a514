import os
import re
from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient


def test_pages_link_static_files_with_a_hash_for_good(client: FlaskClient) -> None:
    for url in re.findall(r'"(/static/[^"]+)"', client.get("/").text):
        with client.get(url) as response:
            assert response.status_code == 200
            assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=0123456789ab"])
def test_file_without_its_hash_is_not_cached(client: FlaskClient, query: str) -> None:
    with client.get(f"/static/css/app.css{query}") as response:
        assert "immutable" not in response.headers["Cache-Control"]


def test_hash_changes_with_the_file(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    urls = set()
    for number, content in enumerate(["one", "two"]):
        (tmp_path / "a.css").write_text(content)
        os.utime(tmp_path / "a.css", (number, number))
        with app.test_request_context():
            urls.add(url_for("static", filename="a.css"))
            assert url_for("static", filename="missing.css") == "/static/missing.css"
    assert len(urls) == 2


@pytest.mark.parametrize("path", ["/favicon.ico", "/robots.txt"])
def test_file_that_browsers_and_crawlers_request_is_no_error(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 204
