"""Whoever reads a log must not find what opens an account: the application's log, and both of Nginx."""

import shutil
from pathlib import Path

import pytest
from http_client import Visitor
from nginx_server import NginxServer
from postgres import Postgres
from production import in_production
from project import Project
from workspace import missing

TOKEN = "IjEyMzQ1Njc4OTAi." + "Zx-9_" * 30
PATHS = [
    f"{before}reset/{TOKEN}{after}"
    for before in ("/account/", "//account//", "/%61ccount/", "/account/./", "/ACCOUNT/", "/no/account/")
    for after in ("", "/", "/more", "?next=/")
]
METHODS = ("GET", "POST", "PUT", "DELETE", "PROPFIND")


def send_all(visitor: Visitor) -> int:
    """Send every method to every path, and give how many requests that were."""
    for path in PATHS:
        for method in METHODS:
            visitor.send(method, path)
    return len(PATHS) * len(METHODS)


@pytest.mark.linux
@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_token_of_a_mailed_link_is_in_no_log(project: Project, postgres: Postgres, tmp_path: Path):
    if not shutil.which("nginx"):
        missing("Nginx")
    settings = {"DATABASE_URL": postgres.create_database("logs"), "PROXY_HOPS": "1"}
    project.run(".venv/bin/flask", "db", "upgrade", **settings)
    folder = tmp_path / "nginx"
    folder.mkdir()
    limits = {"limit_req zone": "# limit_req zone"}
    with in_production(project, tmp_path / "log", **settings) as server:
        nginx = NginxServer(project, folder, server.port, limits)
        nginx.__enter__()
        visitor = Visitor(f"http://127.0.0.1:{nginx.port}")
        sent = send_all(visitor)
        assert len([line for line in server.lines() if line["event"] == "request"]) >= sent * 0.6
    try:
        for path in PATHS:  # the application is down
            assert visitor.send("GET", path).status == 502
        nginx.lines(sent + len(PATHS))
        visitor.send("GET", "/other")
    finally:
        nginx.__exit__(None, None, None)
    logs = {
        path.name: path.read_text()
        for path in (tmp_path / "log", folder / "access.log", folder / "error.log")
    }
    assert {name: name for name, text in logs.items() if TOKEN[20:60] in text} == {}
    assert '"path":"/account/reset/..."' in logs["access.log"]
    assert "GET /other" in logs["error.log"], "what is no token is still logged"
