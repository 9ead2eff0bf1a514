"""Somebody with an account, and a database that is down: who it is can be asked of nobody."""

from pathlib import Path

import pytest
from http_client import PASSWORD, Visitor
from postgres import Postgres
from production import in_production
from project import Project

with_accounts = pytest.mark.parametrize("project", ["full"], indirect=True)


@with_accounts
def test_visitor_who_is_in_gets_pages_while_the_database_is_down(
    project: Project, postgres: Postgres, tmp_path: Path
):
    settings = {"DATABASE_URL": postgres.create_database("faults-accounts"), "PROXY_HOPS": "1"}
    project.run(".venv/bin/flask", "db", "upgrade", **settings)
    email = "somebody@example.com"
    project.run(".venv/bin/flask", "users", "create", email, "--password", PASSWORD, **settings)
    with in_production(project, tmp_path / "log", **settings) as server:
        visitor = Visitor(server.url, email)
        visitor.log_in()
        assert visitor.is_in
        postgres.stop()
        try:
            seen = {path: visitor.get(path) for path in ("/", "/account/", "/nothing-here")}
        finally:
            postgres.start()
        assert {path: answer.status for path, answer in seen.items()} == {
            "/": 503,
            "/account/": 503,
            "/nothing-here": 404,
        }
        for answer in seen.values():
            assert answer.headers.get_content_type() == "text/html"
            assert answer.headers["X-Request-ID"] in answer.text
            assert answer.headers["Content-Security-Policy"]
        assert visitor.is_in
        requests = [line["status"] for line in server.lines() if line["event"] == "request"]
    assert requests.count(503) == 2
