"""Judges who know nothing of us: the HTTP Observatory, Lighthouse, Schemathesis, Wapiti, Bandit.

axe-core looks at the pages in test_browser.py.
"""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import CHROMIUM
from notes import add_notes
from npm_checkers import Judges
from postgres import Postgres
from production import in_production
from project import Project
from python_checkers import verdict_of
from tls_proxy import in_front_of
from workspace import TEMPLATE, missing

judged = pytest.mark.parametrize("project", ["open"], indirect=True)
BIN = TEMPLATE / ".venv" / "bin"
PATIENT = {"RATELIMIT_DEFAULT": "1000000 per second"}
BEHIND_PROXY = {"PROXY_HOPS": "1", "TRUSTED_HOSTS": "localhost,127.0.0.1"}


@pytest.fixture(scope="session")
def judges() -> Judges:
    """The judges from npm."""
    if lacking := Judges.missing():
        missing(lacking)
    return Judges.installed()


@judged
def test_observatory_gives_its_best_grade(project: Project, judges: Judges, tmp_path: Path):
    paths = [
        "/notes/new",
        "/",
        "/notes/",
        "/nothing-here",
        "/api/v1/notes/",
        "/api/v2/docs",
        "/static/css/app.css",
        "/healthz",
    ]
    with (
        in_production(project, tmp_path / "log", **BEHIND_PROXY) as server,
        in_front_of(server.port, tmp_path) as front,
    ):
        grades = judges.observatory(front.http, front.https, front.authority, *paths)
    assert [grade["path"] for grade in grades] == paths
    for grade in grades:
        assert (grade["grade"], grade["passed"], grade["tests"]) == ("A+", 10, 10), grade
    assert grades[0]["results"]["cookies"] == "cookies-secure-with-httponly-sessions-and-samesite"


@judged
# The first page, a list and a form. That a page which is not there says so is an objection to Lighthouse, and the point of the page.
@pytest.mark.parametrize(
    ("path", "skipped"),
    [("/", []), ("/notes/", []), ("/notes/new", []), ("/nothing-here", ["http-status-code"])],
)
def test_lighthouse_finds_nothing_to_improve(
    project: Project, judges: Judges, tmp_path: Path, path: str, skipped: list[str]
):
    if not CHROMIUM:
        missing("Chromium")
    with in_production(project, tmp_path / "log") as server:
        scores = judges.scores(server.url + path, *skipped)
    assert min(scores.values()) >= 0.95, scores


@judged
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_schemathesis_finds_no_answer_that_the_document_does_not_foresee(
    project: Project, postgres: Postgres, tmp_path: Path, version: str
):
    with in_production(project, tmp_path / "log", **PATIENT, **empty_database(project, postgres)) as server:
        words = [f"{server.url}/api/{version}/openapi.json", "--seed", "1", "--max-examples", "25"]
        run(tmp_path, BIN / "schemathesis", "run", "--no-color", *words)
        assert not [line for line in server.lines() if line.get("status", 0) >= 500]


@judged
def test_bandit_has_no_objection(project: Project, tmp_path: Path):
    code = ["app", "migrations", "scripts", *(path.name for path in project.path.glob("*.py"))]
    run(tmp_path, BIN / "bandit", "--quiet", "--recursive", *(project.path / name for name in code))


@judged
def test_ruff_has_no_objection_to_security(project: Project):
    project.run(".venv/bin/ruff", "check", "--isolated", "--select", "S", "--exclude", "tests", ".")


class Endpoint(BaseHTTPRequestHandler):
    """Where Wapiti looks whether the application could be made to call; it must stand on this machine."""

    def do_GET(self) -> None:
        """Tell of no calls."""
        self.send_response_only(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *words: object) -> None:
        """Keep quiet."""


@judged
def test_wapiti_finds_nothing(project: Project, postgres: Postgres, tmp_path: Path):
    data = empty_database(project, postgres)
    add_notes(project, 1, **data)  # each note is attacked like the first
    endpoint = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=endpoint.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{endpoint.server_address[1]}/"
    report = tmp_path / "report.json"
    with (
        in_production(project, tmp_path / "log", **PATIENT, **BEHIND_PROXY, **data) as server,
        in_front_of(server.port, tmp_path) as front,
    ):
        words = ["--url", f"https://localhost:{front.https}/", "--scope", "folder", "--max-scan-time", "1500"]
        # One after the other: the first form sets the cookie with which those that follow are filled in.
        words += ["--tasks", "1", "--timeout", "60"]
        words += ["--endpoint", here, "--dns-endpoint", "localhost", "--no-bugreport", "--format", "json"]
        words += ["--output", str(report), "--store-session", str(tmp_path), "--store-config", str(tmp_path)]
        verdict = verdict_of("wapiti", "wapiti3", *words, program="wapiti", timeout=1800)
        lines = server.lines()
    endpoint.shutdown()
    endpoint.server_close()
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    found = json.loads(report.read_text())
    assert found["infos"]["crawled_pages_nbr"] >= 10
    statuses = {line.get("status", 0) for line in lines}
    assert {303, 404, 422} <= statuses, "the attacks have not reached the forms"
    broken = [line for line in lines if line.get("status", 0) >= 500 or "exception" in line]
    assert not broken, json.dumps(broken, indent=1)
    assert [
        name for kind in ("vulnerabilities", "anomalies") for name, hits in found[kind].items() if hits
    ] == []
    assert "permanentxss" in verdict.stdout, "the last of the default modules has not run"


def empty_database(project: Project, postgres: Postgres) -> dict[str, str]:
    """Give the setting of a database that is migrated and empty."""
    data = {"DATABASE_URL": postgres.create_database("judged")}
    project.run(".venv/bin/flask", "db", "upgrade", **data)
    return data


def run(folder: Path, *command: str | Path) -> str:
    """Run a judge; a verdict that is not good fails with what it said."""
    done = subprocess.run(
        command, cwd=folder, env=os.environ, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
