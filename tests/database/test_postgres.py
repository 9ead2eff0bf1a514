"""A project on a real PostgreSQL: its migrations, a client that writes. Its own tests run there in the matrix."""

import json
import urllib.request
from typing import Any

import pytest
from postgres import Postgres
from project import PRODUCTION, Project, get

# A view whose connection the server ends after its last query, as a restart does.
ENDED = """
from app import create_app
from app.extensions import db
from sqlalchemy import text

app = create_app("development")

@app.get("/ended")
def ended():
    number = db.session.scalar(text("SELECT pg_backend_pid()"))
    with db.engine.connect() as other:
        other.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    return "read"

client = app.test_client()
print("statuses:", [client.get(path).status_code for path in ("/ended", "/ended", "/readyz")])
"""
on_postgresql = pytest.mark.parametrize("project", ["api"], indirect=True)


@on_postgresql
def test_migrations_go_up_and_down_without_drift(project: Project, postgres: Postgres):
    url = postgres.create_database("migrations")
    for words in ("upgrade", "check", "downgrade base", "upgrade", "upgrade"):
        project.run(".venv/bin/flask", "db", *words.split(), DATABASE_URL=url)


@on_postgresql
def test_production_server_keeps_what_a_client_writes(project: Project, postgres: Postgres):
    url = postgres.create_database("served")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    with project.serving("serve", **PRODUCTION, DATABASE_URL=url) as address:
        post(f"{address}/api/v1/notes/", {"title": "한국 😀"})
        assert "한국 😀" in get(f"{address}/notes/").text
    with project.serving("serve", **PRODUCTION, DATABASE_URL=url) as address:
        assert "한국 😀" in get(f"{address}/notes/").text


@on_postgresql
def test_response_stands_when_its_connection_ends_after_the_last_query(project: Project, postgres: Postgres):
    url = postgres.create_database("ended")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    assert "statuses: [200, 200, 200]" in project.run(
        ".venv/bin/python", "-c", ENDED, DATABASE_URL=url, PYTHONPATH="."
    )


def post(url: str, document: dict[str, Any]) -> None:
    """Send a JSON document."""
    request = urllib.request.Request(
        url, data=json.dumps(document).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 201
