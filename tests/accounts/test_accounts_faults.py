"""Somebody with an account, while the database or the cache is down: an error page, and never what is another's."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from http_client import PASSWORD, Visitor
from postgres import Postgres
from production import in_production
from project import Answer, Project
from redis_server import RedisServer

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
            seen = {path: visitor.get(path) for path in ("/", "/notes/", "/account/", "/nothing-here")}
        finally:
            postgres.start()
        assert {path: answer.status for path, answer in seen.items()} == {
            "/": 503,  # the header names the account
            "/notes/": 503,
            "/account/": 503,
            "/nothing-here": 404,
        }
        for answer in seen.values():
            assert answer.headers.get_content_type() == "text/html"
            assert answer.headers["X-Request-ID"] in answer.text
            assert answer.headers["Content-Security-Policy"]
        assert visitor.is_in
        requests = [line["status"] for line in server.lines() if line["event"] == "request"]
    assert requests.count(503) == 3


@with_accounts
def test_users_see_their_own_notes_alone_while_redis_is_killed_frozen_and_restarted(
    project: Project, postgres: Postgres, redis_server: RedisServer, tmp_path: Path
):
    settings = {"DATABASE_URL": postgres.create_database("faults-cache"), "REDIS_URL": redis_server.url}
    settings |= {"PROXY_HOPS": "1", "RATELIMIT_DEFAULT": "1000000 per minute"}
    project.run(".venv/bin/flask", "db", "upgrade", **settings)
    over = Event()

    def visit(visitor: Visitor) -> list[Answer]:
        answers = []
        while not over.is_set():
            answers.append(visitor.get("/notes/"))
        return answers

    with in_production(project, tmp_path / "log", **settings) as server, ThreadPoolExecutor(4) as pool:
        visitors = {}
        for name, count in (("Ann", 2), ("Bob", 5)):
            email = f"{name}@example.com"
            project.run(".venv/bin/flask", "users", "create", email, "--password", PASSWORD, **settings)
            visitors[name] = visitor = Visitor(server.url, email)
            visitor.log_in()
            for number in range(count):
                assert visitor.fill("/notes/new", title=f"{name} {number}", body="").status == 303
        try:
            seen = {name: [pool.submit(visit, who.copy()) for _ in "12"] for name, who in visitors.items()}
            time.sleep(1)
            redis_server.kill()
            time.sleep(2)
            redis_server.start()
            time.sleep(1)
            with redis_server.frozen():
                assert visitors["Ann"].fill("/notes/new", title="Ann 2", body="").status == 303
                time.sleep(2)
            redis_server.kill()
            redis_server.start()
            time.sleep(1)
        finally:
            over.set()
        # An old count may be seen for as long as the cache keeps one.
        deadline = time.monotonic() + 60
        while "Notes (3)" not in visitors["Ann"].get("/notes/").text and time.monotonic() < deadline:
            time.sleep(0.5)
        assert "Notes (3)" in visitors["Ann"].get("/notes/").text
    for name, counts in (("Ann", {"2", "3"}), ("Bob", {"5"})):
        answers = [answer for visits in seen[name] for answer in visits.result()]
        assert len(answers) > 10
        assert {answer.status for answer in answers} == {200}
        assert {
            count for answer in answers for count in re.findall(r"Notes \((\d+)\)", answer.text)
        } <= counts
        assert {who for answer in answers for who in re.findall(r"(Ann|Bob) \d", answer.text)} == {name}
