"""Backups by the project's script: whatever the tables hold, an empty database gets all of it."""

import os
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from job_processes import wait_until
from notes import add_notes
from postgres import Postgres
from project import Project

on_sqlite = pytest.mark.parametrize("project", ["defaults"], indirect=True)
on_postgresql = pytest.mark.parametrize("project", ["api"], indirect=True)
on_both = pytest.mark.parametrize("project", ["defaults", "api"], indirect=True)

TABLES = {
    "defaults": """
        CREATE TABLE things (id INTEGER PRIMARY KEY, day DATE, price NUMERIC(10, 2), at TIME, key CHAR(32), data BLOB,
            settings JSON, span DATETIME, text TEXT, parent INTEGER REFERENCES things (id) ON DELETE CASCADE);
        CREATE INDEX ix_things_day ON things (day);
        INSERT INTO things VALUES (1, '2026-01-31', 10.50, '09:30:00.123456', 'a', x'00ff', '{"a": [1]}', '1970', '한국 😀', 2);
        INSERT INTO things VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1);
    """,
    "api": """
        CREATE TYPE color AS ENUM ('red', 'green');
        CREATE TABLE things (id SERIAL PRIMARY KEY, day DATE, price NUMERIC(10, 2), at TIME, key UUID, data BYTEA,
            settings JSONB, span INTERVAL, text TEXT, list INTEGER[], color color, place INET, period TSTZRANGE,
            parent INTEGER REFERENCES things (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
        CREATE INDEX ix_things_day ON things (day);
        INSERT INTO things VALUES (DEFAULT, '2026-01-31', 10.50, '09:30:00.123456', gen_random_uuid(), '\\x00ff',
            '{"a": [1]}', '3 days 04:05:06', E'한국 😀\\n\\\\.\\n', '{1,2}', 'green', '::1', '[2026-01-01,2026-02-01)', 2);
        INSERT INTO things (parent) VALUES (1);
    """,
}


class Databases:
    """Databases for a project, each with a name.

    Parameters:
        url: returns the URL of a new one.
        connect: opens a connection to one.
    """

    def __init__(self, url: Callable[[str], str], connect: Callable[[str], Any]) -> None:
        self.url = url
        self.connect = connect

    def execute(self, url: str, statements: str) -> None:
        """Execute statements in one transaction."""
        connection = self.connect(url)
        for statement in filter(str.strip, statements.split(";\n")):
            connection.execute(statement)
        connection.commit()
        connection.close()

    def rows(self, url: str) -> dict[str, list[Any]]:
        """Return all rows of all tables."""
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        if url.startswith("sqlite"):
            names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        connection = self.connect(url)
        tables = sorted(name for (name,) in connection.execute(names).fetchall())
        found = {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in tables}
        connection.close()
        return found


@pytest.fixture
def databases(project: Project, request: pytest.FixtureRequest, tmp_path: Path) -> Databases:
    """Databases of the kind that the project uses."""
    if project.answers["database"] == "sqlite":
        return Databases(
            lambda name: f"sqlite:///{tmp_path / name}.db",
            lambda url: sqlite3.connect(url.removeprefix("sqlite:///")),
        )
    postgres: Postgres = request.getfixturevalue("postgres")
    return Databases(postgres.create_database, lambda url: psycopg.connect(url.replace("+psycopg", "")))


def script(project: Project, url: str, *words: str, check: bool = True, **variables: str) -> str:
    """Run the script on a database."""
    command = (".venv/bin/python", "-m", "scripts.backup_data", *words)
    return project.run(*command, check=check, DATABASE_URL=url, **variables)


@pytest.fixture
def saved(project: Project, databases: Databases, tmp_path: Path) -> tuple[str, str]:
    """A database with tables of many types, and a backup of it."""
    url, file = databases.url("saved"), str(tmp_path / "backups/data.backup")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    add_notes(project, 70, DATABASE_URL=url)
    databases.execute(url, TABLES["defaults" if url.startswith("sqlite") else "api"])
    assert f"Saved to {file}" in script(project, url, "backup", file)
    return url, file


@on_both
def test_empty_database_gets_every_row(project: Project, databases: Databases, saved: tuple[str, str]):
    url, file = saved
    empty = databases.url("empty")
    assert f"Restored {file}" in script(project, empty, "restore", file, "--yes")
    assert databases.rows(empty) == databases.rows(url)
    # Ids go on, and the restored database is at its revision.
    databases.execute(empty, "INSERT INTO notes (title, body, created) VALUES ('x', '', '2026-01-01')")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=empty)


@on_both
def test_restore_replaces_what_was_written_since(
    project: Project, databases: Databases, saved: tuple[str, str]
):
    url, file = saved
    before = databases.rows(url)
    databases.execute(url, "DELETE FROM notes WHERE id > 5;\nUPDATE things SET text = 'changed'")
    script(project, url, "restore", file, "--yes")
    assert databases.rows(url) == before


@on_both
def test_restore_that_is_rejected_is_one_line_and_changes_nothing(
    project: Project, databases: Databases, saved: tuple[str, str], tmp_path: Path
):
    url, file = saved
    before = databases.rows(url)
    other = tmp_path / "other"
    other.write_bytes(os.urandom(5000))
    cut = tmp_path / "cut"
    cut.write_bytes(Path(file).read_bytes()[:-4000])
    for path in (other, cut):
        said = script(project, url, "restore", str(path), "--yes", check=False)
        assert "nothing was restored" in said
        assert "Traceback" not in said
    assert "Abort" in script(project, url, "restore", file, check=False), "nobody has agreed"
    assert databases.rows(url) == before

    databases.execute(url, "UPDATE alembic_version SET version_num = 'another'")
    said = script(project, url, "restore", file, "--yes", check=False)
    assert "it is at revision 0001, the database at another" in said
    assert "Traceback" not in said


@on_both
def test_backup_is_readable_by_its_owner_alone_and_leaves_nothing_beside_it(saved: tuple[str, str]):
    file = Path(saved[1])
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


@on_postgresql
def test_backup_that_fails_leaves_the_old_one(project: Project, saved: tuple[str, str], tmp_path: Path):
    file = Path(saved[1])
    before = file.read_bytes()
    url = "postgresql+psycopg://user:secret@127.0.0.1:9/nowhere"
    said = script(project, url, "backup", str(file), check=False)
    assert "no backup was made" in said
    assert "secret" not in said
    assert "Traceback" not in said
    (tmp_path / "bin").mkdir()
    said = script(project, url, "backup", str(file), check=False, PATH=str(tmp_path / "bin"))
    assert "pg_dump" in said
    assert (file.read_bytes(), list(file.parent.iterdir())) == (before, [file])


@on_sqlite
def test_backup_is_whole_while_somebody_writes(project: Project, databases: Databases, tmp_path: Path):
    url = databases.url("busy")
    databases.execute(url, "PRAGMA journal_mode=WAL;\nCREATE TABLE pairs (a INTEGER, b INTEGER)")
    writer = (
        "import sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)\n"
        "for number in range(100_000):\n"
        "    connection.execute('BEGIN'); connection.execute('INSERT INTO pairs VALUES (?, NULL)', (number,))\n"
        "    connection.execute('UPDATE pairs SET b = a WHERE b IS NULL'); connection.execute('COMMIT')\n"
    )
    command = [project.path / ".venv/bin/python", "-c", writer, str(tmp_path / "busy.db")]
    process = subprocess.Popen(command)
    pairs = sqlite3.connect(tmp_path / "busy.db", timeout=60)
    try:
        wait_until(lambda: pairs.execute("SELECT count(*) FROM pairs").fetchone()[0] > 1000)
        script(project, url, "backup", str(tmp_path / "busy.backup"))
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        pairs.close()
    copy = sqlite3.connect(tmp_path / "busy.backup")
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copy.execute("SELECT count(*) > 1000, sum(b IS NOT a) FROM pairs").fetchone() == (1, 0)
    assert not list(tmp_path.glob("busy.backup-*")), "all of it is in the file"
    copy.close()


MALFORMED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "one byte": lambda whole: whole[:1],
    "header alone": lambda whole: whole[:60],
    "contents without data": lambda whole: whole[: len(whole) // 3],
    "half": lambda whole: whole[: len(whole) // 2],
    "data cut": lambda whole: whole[:-600],
    "bytes changed in the middle": lambda whole: whole[:-3000] + bytes(500) + whole[-2500:],
    "another magic number": lambda whole: b"PGDMQ" + whole[5:],
    "newer format": lambda whole: whole[:5] + b"\x7f" + whole[6:],
    "text": lambda whole: b"DROP TABLE notes;\n",
    "SQLite": lambda whole: b"SQLite format 3\x00" + bytes(4080),
}


@on_postgresql
def test_malformed_file_is_one_line_and_nothing_of_postgresql_is_lost(
    project: Project, databases: Databases, saved: tuple[str, str], tmp_path: Path
):
    url, file = saved
    databases.execute(url, "DELETE FROM notes WHERE id > 5")
    before, whole = databases.rows(url), Path(file).read_bytes()
    files = {name: damage(whole) for name, damage in MALFORMED.items()}
    # Whole dumps that are not this project's: of another application, and one in SQL.
    foreign = databases.url("foreign")
    databases.execute(foreign, "CREATE TABLE notes (id INTEGER PRIMARY KEY, others TEXT)")
    for kind in ("custom", "plain", "tar"):
        command = [
            "pg_dump",
            f"--format={kind}",
            f"--file={tmp_path}/{kind}",
            foreign.replace("+psycopg", ""),
        ]
        subprocess.run(command, check=True)
        files[f"another application's, {kind}"] = (tmp_path / kind).read_bytes()
    seen = {}
    for name, data in files.items():
        path = tmp_path / "malformed.backup"
        path.write_bytes(data)
        command = [
            project.path / ".venv/bin/python",
            "-m",
            "scripts.backup_data",
            "restore",
            str(path),
            "--yes",
        ]
        done = subprocess.run(
            command, cwd=project.path, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True
        )
        said = (done.stdout + done.stderr).splitlines()
        seen[name] = (
            done.returncode,
            [line[:60] for line in said if "Running " not in line],
            databases.rows(url) == before,
        )
    said_first = f"Error: nothing was restored from {tmp_path}/malformed.backup"[:60]
    assert seen == dict.fromkeys(files, (1, [said_first], True))
