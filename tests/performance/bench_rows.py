"""Measure what lists cost when there are many rows: the first and the last page, on SQLite and PostgreSQL.

Each page is asked for in turn with those of the other numbers of rows, so that what else the machine does meets all of
them, and the fastest answers are compared. Goal: at a million rows at most twice what it is at twenty.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_requests import make_project
from notes import ADD_NOTES
from postgres import Postgres
from project import PRODUCTION

SIZES = (20, 100_000, 1_000_000)
# The last page holds the rows with the smallest keys.
PAGES = {
    "list page, first": "/notes/",
    "list page, last": "/notes/?before=11",
    "JSON list, first": "/api/v1/notes/",
    "JSON list, last": "/api/v1/notes/?before=21",
}
ANALYZE = """
from sqlalchemy import text
from app import create_app
from app.extensions import db

with create_app().app_context():
    db.session.execute(text("ANALYZE"))
    db.session.commit()
"""
# Reads paths from stdin, and answers each with the seconds that it took, the oldest note shown or not.
SERVE = """
import json, sys
from time import perf_counter
from wsgi import app

client = app.test_client()
for path in map(str.strip, sys.stdin):
    started = perf_counter()
    response = client.get(path, base_url="https://localhost", headers={"Accept": "text/html"})
    body = response.text
    seconds = perf_counter() - started
    assert response.status_code == 200, (path, response.status)
    print(json.dumps([seconds, "Note 1<" in body or '"Note 1"' in body]), file=sys.stderr, flush=True)
"""


class Application:
    """An application in a process of its own, with a database of a number of rows.

    Parameters:
        project: where it is.
        url: its database, empty.
        rows: how many there are to be.
    """

    def __init__(self, project: Path, url: str, rows: int) -> None:
        settings = {
            "DATABASE_URL": url,
            "TRUSTED_HOSTS": "localhost",
            "RATELIMIT_DEFAULT": "1000000 per second",
        }
        env = os.environ | PRODUCTION | settings
        quiet = subprocess.DEVNULL
        for command in (["-m", "flask", "db", "upgrade"], ["-c", ADD_NOTES, str(rows)], ["-c", ANALYZE]):
            subprocess.run([".venv/bin/python", *command], cwd=project, env=env, stdout=quiet, check=True)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [".venv/bin/python", "-c", SERVE],
            cwd=project,
            env=env,
            stdin=pipe,
            stdout=quiet,
            stderr=pipe,
            text=True,
        )

    def get(self, path: str) -> tuple[float, bool]:
        """Return the seconds that a page took, and whether the oldest note is on it."""
        assert self.process.stdin is not None
        assert self.process.stderr is not None
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        line = self.process.stderr.readline()
        assert line.startswith("["), line + self.process.stderr.read()
        seconds, oldest = json.loads(line)
        return seconds, oldest

    def close(self) -> None:
        """End the process."""
        self.process.communicate(timeout=30)


def measure(applications: dict[int, Application], runs: int) -> dict[str, dict[int, float]]:
    """Return the milliseconds of each page by the number of rows."""
    times: dict[str, dict[int, list[float]]] = {page: {rows: [] for rows in applications} for page in PAGES}
    for run in range(runs):
        for page, path in PAGES.items():
            for rows, application in applications.items():
                seconds, oldest = application.get(path)
                assert oldest or not page.endswith("last"), page
                if run:  # the first fills caches
                    times[page][rows].append(seconds)
    return {page: {rows: min(taken) * 1000 for rows, taken in by.items()} for page, by in times.items()}


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument(
        "--project", type=Path, help="an existing project, with psycopg, instead of a new one"
    )
    options = parser.parse_args()
    print("| database | page | " + " | ".join(f"{rows} rows, ms" for rows in SIZES) + " | ratio |")
    print("|---|---|" + "---|" * len(SIZES) + "---|")
    with tempfile.TemporaryDirectory() as name, Postgres() as server:
        project = options.project or make_project(Path(name))[0]
        uv = Path(sys.executable).with_name("uv")
        install = [uv, "pip", "install", "-q", "--python", project / ".venv/bin/python", "psycopg[binary]"]
        subprocess.run(install, check=True)
        for database in ("sqlite", "postgresql"):
            applications = {}
            for rows in SIZES:
                sqlite = database == "sqlite"
                url = f"sqlite:///{name}/{rows}.db" if sqlite else server.create_database(f"rows{rows}")
                applications[rows] = Application(project, url, rows)
            for page, by_rows in measure(applications, options.runs).items():
                ratio = by_rows[SIZES[-1]] / by_rows[SIZES[0]]
                cells = " | ".join(f"{taken:.1f}" for taken in by_rows.values())
                print(f"| {database} | {page} | {cells} | {ratio:.1f} |", flush=True)
            for application in applications.values():
                application.close()


if __name__ == "__main__":
    main()
