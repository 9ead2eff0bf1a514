"""Migrations when several instances start at once, and when one is killed half-way."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres import Postgres
from project import Project

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
