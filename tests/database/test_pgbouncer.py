"""A project behind PgBouncer, as platforms run it: URLs as they write them, and pools by transaction."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from postgres import Postgres
from production import in_production
from project import Project, free_port, get
from workspace import missing

on_postgresql = pytest.mark.parametrize("project", ["open"], indirect=True)
SETTINGS = """
[databases]
* = host=127.0.0.1 port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
"""


@pytest.fixture
def pooler(request: pytest.FixtureRequest, postgres: Postgres, tmp_path: Path) -> Iterator[int]:
    """The port of a PgBouncer."""
    if not shutil.which("pgbouncer"):
        missing("PgBouncer")
    own = free_port()
    settings = tmp_path / "pgbouncer.ini"
    mode, size = request.param
    text = SETTINGS.format(port=postgres.port, own=own, mode=mode, size=size)
    # `any` lets every user in under one name.
    settings.write_text(text.replace("* = ", "* = user=postgres "))
    settings.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    as_user = ["--user", "postgres"] if os.geteuid() == 0 else []
    process = subprocess.Popen(["pgbouncer", "--quiet", *as_user, str(settings)])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            psycopg.connect(host="127.0.0.1", port=own, user="postgres", dbname="postgres").close()
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    yield own
    process.terminate()
    process.wait(30)


@on_postgresql
# A pool by session has one connection to the server for each of the application's.
@pytest.mark.parametrize(
    ("pooler", "scheme"),
    [
        (("transaction", 3), "postgres"),
        (("transaction", 3), "postgresql"),
        (("session", 20), "postgresql+psycopg"),
    ],
    indirect=["pooler"],
    ids=["transaction-postgres", "transaction-postgresql", "session-psycopg"],
)
def test_application_works_behind_a_pooler(
    project: Project, postgres: Postgres, pooler: int, scheme: str, tmp_path: Path
):
    direct = postgres.create_database("pooled").replace("postgresql+psycopg", scheme)
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=direct)
    pooled = direct.replace(f":{postgres.port}/", f":{pooler}/")
    project.run(".venv/bin/flask", "seed", DATABASE_URL=pooled)
    with (
        in_production(project, tmp_path / "log", DATABASE_URL=pooled) as server,
        ThreadPoolExecutor(8) as pool,
    ):
        paths = ["/notes/", "/api/v1/notes/", "/readyz"] * 40
        answers = list(pool.map(lambda path: get(server.url + path).status, paths))
    assert set(answers) == {200}


@on_postgresql
@pytest.mark.parametrize(
    ("query", "statement_timeout"), [("", "10s"), ("?options=-c%20statement_timeout%3D60s", "1min")]
)
def test_options_of_the_url_win(project: Project, postgres: Postgres, query: str, statement_timeout: str):
    url = postgres.create_database("options") + query
    said = project.run(
        ".venv/bin/python",
        "-c",
        "import os, socket\n"
        "from app import create_app\n"
        "from app.extensions import db\n"
        "with create_app().app_context(), db.engine.connect() as connection:\n"
        "    print('timeout', connection.execute(db.text('SHOW statement_timeout')).scalar())\n"
        "    fd = os.dup(connection.connection.driver_connection.fileno())\n"
        "    with socket.socket(fileno=fd) as tcp:\n"
        "        print('tcp', tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT))\n",
        DATABASE_URL=f"{url}{'&' if query else '?'}tcp_user_timeout=7000",
    )
    assert f"timeout {statement_timeout}\n" in said
    assert "tcp 7000" in said
