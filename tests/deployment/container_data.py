"""Restore a gigabyte, go back from a release with a migration, and move to the next PostgreSQL, as docs/operations.md says.

    PYTHONPATH=tests/support python tests/deployment/container_data.py [MEGABYTES]

Prints the times, and fails where a row differs. Needs images of PostgreSQL 17 and 18.
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compose_stack import Stack, bake_for_image, restore_newest, stacked
from container_faults import add_migration
from container_matrix import roll_back
from project import free_port


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long a step took."""
    begun = time.monotonic()
    yield
    print(f"| {what} | {time.monotonic() - begun:.1f} s |", flush=True)


def sql(stack: Stack, statement: str) -> str:
    """Return what PostgreSQL says to a statement."""
    words = ("exec", "-T", "postgres", "psql", "-U", stack.name, "-v", "ON_ERROR_STOP=1", "-Atc", statement)
    return stack.compose(*words).strip()


def rows(stack: Stack) -> str:
    """Return the number of notes, and a sum over all of what they say."""
    return sql(stack, "SELECT count(*), sum(hashtextextended(title || body || created, 0)) FROM notes")


def main(megabytes: str = "1024") -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        # The stand-in for Python 3.14 has pg_dump 18, and what that reads from Debian's 17.12 no server of 18 takes.
        project = bake_for_image(Path(folder), "Data", "database=postgresql", "python_version=3.13")
        with stacked(project, free_port(), free_port()) as stack:
            stack.make("up")
            with timed(f"write {megabytes} MB"):
                # A kilobyte each that does not compress.
                part = "FROM generate_series(1, 32) AS part WHERE n > 0"  # which makes it another one for each row
                body = f"(SELECT string_agg(md5(random()::text || part), '') {part})"
                count = int(megabytes) * 1000
                sql(
                    stack,
                    "INSERT INTO notes (title, body, created)"
                    f" SELECT 'note ' || n, {body}, now() - n * interval '1 second' FROM generate_series(1, {count}) AS numbers (n)",
                )
            before = rows(stack)
            size = sql(stack, f"SELECT pg_size_pretty(pg_database_size('{stack.name}'))")
            print(f"| database | {size}, rows and sum {before} |")
            with timed("backup"):
                stack.compose("run", "--rm", "backup")
            print(stack.compose("run", "--rm", "backup", "ls", "-lh", "/backups").strip())
            sql(stack, "DELETE FROM notes WHERE id % 2 = 0")
            with timed("restore"):
                restore_newest(stack)
            assert rows(stack) == before
            deploy_and_roll_back(stack)
            assert rows(stack) == before
            upgrade_postgresql(stack)
            assert rows(stack) == before
            print(f"| rows after all | {rows(stack)} |")


def deploy_and_roll_back(stack: Stack) -> None:
    """Deploy a release with a migration, and go back to the one before, database and all."""
    add_migration(stack)
    with timed("make deploy with a migration"):
        stack.make("deploy")
    sql(stack, "UPDATE notes SET colour = 'red' WHERE id < 1000")
    with timed("backup, downgrade, make deploy RELEASE=previous"):
        roll_back(stack)
    assert stack.ask("GET", "/notes/").status == 200


def upgrade_postgresql(stack: Stack) -> None:
    """From 17 to 18, by the commands of the page."""
    print(f"| PostgreSQL | {sql(stack, 'SHOW server_version')} |")
    page = (stack.folder / "docs" / "operations.md").read_text()
    commands = re.search(r"From 17 to 18:\n\n```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert commands
    with timed("PostgreSQL 17 to 18, of which nobody was served"):
        stack.run("sh", "-ec", commands[1])
    assert stack.ask("GET", "/notes/").status == 200
    print(f"| PostgreSQL | {sql(stack, 'SHOW server_version')} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
