"""Migrations when several instances start at once, when one is killed half-way, and of a project of the first days."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from http_client import PASSWORD, Visitor
from postgres import Postgres
from production import in_production
from project import PRODUCTION, Project

SECONDS = 12
on_postgresql = pytest.mark.parametrize("project", ["full"], indirect=True)
SLOW = '''"""Takes its time, between two changes."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("slow", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("SELECT pg_sleep({seconds})")
    op.drop_table("slow")


def downgrade() -> None:
    pass
'''


def upgrade(project: Project, url: str) -> "subprocess.Popen[str]":
    """Start an upgrade, as an instance does before it serves."""
    return subprocess.Popen(
        [project.path / ".venv/bin/flask", "db", "upgrade"],
        cwd=project.path,
        env=os.environ | project.environment | {"DATABASE_URL": url},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def slow(project: Project) -> Iterator[Path]:
    """A migration on top that takes longer than a request may."""
    head = project.run(".venv/bin/flask", "db", "heads").split()[-2]
    path = project.path / "migrations/versions/9999_slow.py"
    path.write_text(SLOW.format(head=head, seconds=SECONDS))
    yield path
    path.unlink()


def check(project: Project, url: str) -> None:
    """See that models and database agree."""
    said = project.run(".venv/bin/flask", "db", "check", DATABASE_URL=url)
    assert "No new upgrade operations detected" in said


@on_postgresql
def test_instances_that_migrate_at_once_all_succeed(project: Project, postgres: Postgres, slow: Path):
    url = postgres.create_database("upgrades")
    started = time.monotonic()
    instances = [upgrade(project, url) for _ in range(4)]
    ended = [(instance.communicate(timeout=300)[0], instance.returncode) for instance in instances]
    assert [code for _, code in ended] == [0, 0, 0, 0], ended
    assert sum("-> 9999" in said for said, _ in ended) == 1, "one does the work, the others wait for it"
    assert time.monotonic() - started > SECONDS
    check(project, url)


@on_postgresql
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_migration_that_is_killed_half_way_can_be_run_again(
    project: Project, postgres: Postgres, slow: Path, kill: signal.Signals
):
    url = postgres.create_database("killed")
    instance = upgrade(project, url)
    wait_until_asleep(postgres)
    instance.send_signal(kill)
    assert instance.wait(60) != 0
    slow.write_text(slow.read_text().replace(f"pg_sleep({SECONDS})", "pg_sleep(0.0)"))
    again = upgrade(project, url)
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    check(project, url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT to_regclass('slow')").fetchone() == (None,)


def wait_until_asleep(postgres: Postgres) -> None:
    """Wait until a migration is in the middle of its work."""
    deadline = time.monotonic() + 60
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    with postgres.connect() as connection:
        while time.monotonic() < deadline:
            if connection.execute(asleep).fetchone() == (1,):
                return
            time.sleep(0.05)
    raise AssertionError("no migration has begun")


EXECUTE = """
import os, sys
import sqlalchemy as sa
with sa.create_engine(os.environ["DATABASE_URL"]).begin() as connection:
    for statement in sys.argv[1:]:
        connection.exec_driver_sql(statement)
"""
HASH = "import argon2, sys; print(argon2.PasswordHasher().hash(sys.argv[1]))"
# At first, 0002 did not add the column.
OLD_SCHEMA = "ALTER TABLE users DROP COLUMN tf_last_counter"
OLD_USER = """
INSERT INTO users (id, email, password, active, fs_uniquifier, confirmed_at, created, failed_logins, fs_webauthn_user_handle)
VALUES ({id}, '{email}', '{password}', true, 'identity{id}', '2026-11-23 12:00:00', '2026-11-23 12:00:00', 0, 'handle{id}')
"""
OLD_NOTE = (
    "INSERT INTO notes (title, body, created, owner_id) VALUES ('Old tea', '', '2026-11-23 12:00:00', 1)"
)
OLD_JOB = """
INSERT INTO jobs (id, name, arguments, state, tries, step, steps, error, request_id, traceparent, owner_id, created, token)
VALUES (1, 'export_notes', '{}', 'done', 1, 1, 1, '', '', '', 1, '2026-11-23 12:00:00', '')
"""
OLD_EXPORT = "INSERT INTO exports (job_id, content) VALUES (1, '[\"old\"]')"


@on_postgresql
@pytest.mark.parametrize("database", ["postgresql", "sqlite"])
def test_project_of_the_first_days_keeps_its_data_and_its_accounts(
    project: Project, postgres: Postgres, tmp_path: Path, database: str
):
    url = postgres.create_database("first") if database == "postgresql" else f"sqlite:///{tmp_path}/first.db"

    def run(*command: str, check: bool = True) -> str:
        return project.run(*command, check=check, DATABASE_URL=url)

    def execute(*statements: str) -> None:
        run(".venv/bin/python", "-c", EXECUTE, *statements)

    password = run(".venv/bin/python", "-c", HASH, PASSWORD).strip()
    run(".venv/bin/flask", "db", "upgrade", "0005")
    ann = OLD_USER.format(id=1, email="Ann@Example.com", password=password)
    twin = OLD_USER.format(id=2, email="ann@example.com", password=password)
    execute(OLD_SCHEMA, ann, twin, OLD_NOTE, OLD_JOB, OLD_EXPORT)

    refused = run(".venv/bin/flask", "db", "upgrade", check=False)
    assert "same email address but for capitals: 1 and 2. Nothing was changed." in refused
    assert "0005" in run(".venv/bin/flask", "db", "current")
    execute("UPDATE users SET email = 'twin@example.com' WHERE id = 2")
    run(".venv/bin/flask", "db", "upgrade")
    check(project, url)
    settings = {"DATABASE_URL": url, "PROXY_HOPS": "1", "TOTP_SECRET": PRODUCTION["SECRET_KEY"][::-1]}
    with in_production(project, tmp_path / "log", **settings) as server:
        for email in ("ann@example.com", "Ann@Example.com"):
            visitor = Visitor(server.url, email)
            visitor.log_in()
            assert "Old tea" in visitor.get("/notes/").text
            assert visitor.get("/exports/1/export.json").text == '["old"]'
