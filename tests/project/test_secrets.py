"""Sessions, keys and what must never be seen: over HTTP, against the production server."""

import http.cookiejar
import json
import re
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from machine_pauses import PauseWatch
from production import in_production
from project import PRODUCTION, Project, get
from workspace import TEMPLATE

served = pytest.mark.parametrize("project", ["open"], indirect=True)
OLD, NEW = "the-old-one-" + "7f3a9c" * 6, "the-new-one-" + "b41e08" * 6
COOKIE = re.compile(r"__Host-session=([^;]+); Secure; HttpOnly; Path=/; SameSite=Lax")


def session_cookie(answer: object) -> str | None:
    """Give the session that an answer sets, if it sets one."""
    header = answer.headers["Set-Cookie"]  # type: ignore[attr-defined]
    if header is None:
        return None
    found = COOKIE.fullmatch(header)
    assert found, header
    return found[1]


def unsign(cookie: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Let flask-unsign try."""
    program = TEMPLATE / ".venv/bin/flask-unsign"
    return subprocess.run([program, "--unsign", "--cookie", cookie, *words], capture_output=True, text=True)


@served
def test_session_survives_the_rotation_of_its_key(project: Project, tmp_path: Path):
    form = re.compile(r'name="csrf_token" type="hidden" value="([^"]+)"')

    def send(url: str, session: str, token: str) -> int:
        """Give the status of a page that was sent in this session with this form's token."""
        body = urllib.parse.urlencode({"title": "Kept", "csrf_token": token}).encode()
        request = urllib.request.Request(f"{url}/notes/new", body, {"Cookie": f"__Host-session={session}"})
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
        try:
            with opener.open(request) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code

    with in_production(project, tmp_path / "old", SECRET_KEY=OLD) as server:
        page = get(f"{server.url}/notes/new")
        cookie, open_form = session_cookie(page), form.findall(page.text)[0]
        assert cookie
    with in_production(project, tmp_path / "new", SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD) as server:
        # A form that was open meanwhile is loaded again; it belongs to the same session.
        assert send(server.url, cookie, open_form) == 400
        token = form.findall(get(f"{server.url}/notes/new", Cookie=f"__Host-session={cookie}").text)[0]
        assert send(server.url, cookie, token) == 200
    with in_production(project, tmp_path / "without", SECRET_KEY=NEW) as server:
        # What is signed with the old key alone is worth nothing now.
        assert send(server.url, cookie, token) == 400
        assert session_cookie(get(f"{server.url}/notes/new", Cookie=f"__Host-session={cookie}"))


@served
def test_flask_unsign_cracks_nothing(project: Project, tmp_path: Path):
    with in_production(project, tmp_path / "log", SECRET_KEY=NEW) as server:
        cookie = session_cookie(get(f"{server.url}/notes/new"))
    assert cookie
    tried = unsign(cookie)
    assert "Failed to find secret key" in tried.stderr + tried.stdout
    # The judge sees when the key is in its list.
    words = tmp_path / "words"
    words.write_text(f"secret\n{NEW}\n")
    assert NEW in unsign(cookie, "--wordlist", str(words), "--no-literal-eval").stdout


@served
def test_nothing_that_is_secret_is_logged(project: Project, tmp_path: Path):
    secrets = {"Authorization": "Bearer SECRETBEARER", "Cookie": "__Host-session=SECRETCOOKIE"}
    with in_production(project, tmp_path / "log", LOG_LEVEL="debug") as server:
        for path in ("/", "/nothing?token=SECRETQUERY", "/api/v1/notes/"):
            get(server.url + path, **secrets)
        lines = server.lines()
    text = json.dumps(lines)
    assert "SECRET" not in text
    assert PRODUCTION["SECRET_KEY"] not in text


@served
def test_application_that_lacks_settings_refuses_with_one_message(
    project: Project, pauses: PauseWatch, tmp_path: Path
):
    weak = {"SECRET_KEY": "changeme", "DATABASE_URL": "nonsense", "TRUSTED_HOSTS": "", "FLASK_DEBUG": "1"}
    started = time.monotonic()
    with in_production(project, tmp_path / "log", wait=False, **weak) as server:
        assert server.process.wait(60) != 0
    took = pauses.since(started)
    assert took < 5, took
    said = server.log.read_text()
    assert said.count("Cannot start in production") == 1
    assert all(name in said for name in weak)
    assert "Traceback" not in said
    assert "changeme" not in said
    assert "nonsense" not in said


BROKEN = """

@main_bp.get("/crash")
def crash() -> str:
    raise RuntimeError("SECRETVALUE")
"""


@served
def test_crash_shows_its_id_and_nothing_else(project: Project, tmp_path: Path):
    views = project.path / "app/blueprints/main/views.py"
    good = views.read_text()
    views.write_text(good + BROKEN)
    try:
        with in_production(project, tmp_path / "log") as server:
            page = get(f"{server.url}/crash", Accept="text/html")
            problem = get(f"{server.url}/crash", X_Request_ID="mine-1")
            lines = server.lines()
    finally:
        views.write_text(good)
    assert (page.status, problem.status) == (500, 500)
    assert page.headers["X-Request-ID"] in page.text
    assert json.loads(problem.text)["request_id"] == "mine-1"
    for answer in (page, problem):
        assert not re.search("SECRETVALUE|RuntimeError|Traceback|views.py", answer.text)
    told = [line for line in lines if line.get("request_id") == "mine-1"]
    assert len([line for line in told if "exception" in line]) == 1
    assert [line["status"] for line in told if line["event"] == "request"] == [500]


@served
def test_probes_have_no_limit_no_host_check_and_no_log_line(project: Project, tmp_path: Path):
    with in_production(
        project, tmp_path / "log", RATELIMIT_DEFAULT="1 per hour", WEB_CONCURRENCY="1"
    ) as server:
        assert [get(f"{server.url}/notes/new").status for _ in range(2)] == [200, 429]
        for path in ("/healthz", "/readyz"):
            assert {get(server.url + path, Host="10.0.0.7:8000").status for _ in range(5)} == {200}
        lines = server.lines()
    assert len([line for line in lines if line["event"] == "request"]) == 2
    assert not [line for line in lines if "healthz" in json.dumps(line)]


@served
@pytest.mark.parametrize(
    ("origins", "allowed"), [("", None), ("https://shop.example", "https://shop.example")]
)
def test_other_sites_read_the_api_only_when_they_are_named(
    project: Project, tmp_path: Path, origins: str, allowed: str | None
):
    with in_production(project, tmp_path / "log", CORS_ORIGINS=origins) as server:
        for origin, seen in (("https://shop.example", allowed), ("https://evil.example", None)):
            answer = get(f"{server.url}/api/v1/notes/", Origin=origin)
            assert answer.headers["Access-Control-Allow-Origin"] == seen
            assert get(server.url, Origin=origin).headers["Access-Control-Allow-Origin"] is None
