"""The API as all versions share it: its page in a browser, other origins, mount points, a version of its own."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, WATCH_POLICY, chromium, over_protocol, response_status, try_out
from project import Project, free_port, get, wait_until_up
from workspace import TEMPLATE, missing

with_api = pytest.mark.parametrize("project", ["defaults"], indirect=True)
MOUNTED = """
from sys import argv
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import run_simple
from wsgi import app
mounts = {"/shop": app, "/healthz": lambda environ, start: app(environ | {"PATH_INFO": "/healthz"}, start)}
run_simple("127.0.0.1", int(argv[1]), DispatcherMiddleware(NotFound(), mounts), threaded=True)
"""
FETCH = """async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        return {status: response.status, headers: Object.fromEntries(response.headers), body: await response.text()};
    } catch (error) {
        return {failure: error.message};
    }
}"""


@pytest.fixture
def browser_is_here() -> None:
    """Skip, or fail in CI, where there is no Chromium."""
    if not CHROMIUM:
        missing("Chromium")


@contextmanager
def opened_page(url: str, **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """Open a page; yield it with what its console and requests complain of."""
    with chromium() as browser:
        context = browser.new_context(**options)
        page = context.new_page()
        complaints: list[str] = []
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda line: complaints.append(f"{line.type}: {line.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
        page.on("request", lambda request: request.url.startswith(url[:22]) or complaints.append(request.url))
        page.goto(url, wait_until="networkidle")
        yield page, complaints
        context.close()


@pytest.mark.parametrize("project", ["defaults", "open"], indirect=True)  # with one version, and with two
def test_version_of_its_own_behaves(project: Project):
    tests = TEMPLATE / "tests/support/inside/api.py"
    output = project.run(
        ".venv/bin/python", "-m", "pytest", "-c", "pyproject.toml", "--noconftest", "-q", str(tests)
    )
    assert " passed" in output


@with_api
@pytest.mark.usefixtures("browser_is_here")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_sends_requests_and_leaves_no_message_in_the_console(project: Project, scheme: str):
    with (
        project.serving("run") as url,
        opened_page(f"{url}/api/v1/docs", color_scheme=scheme) as (page, complaints),
    ):
        try_out(page, "Create a note")
        response_status(page, "201")
        assert page.locator(".request-url").inner_text().strip().endswith(f"{url}/api/v1/notes/")
        dark = page.evaluate("document.documentElement.classList.contains('dark-mode')")
        assert dark is (scheme == "dark")
        assert complaints == []
        assert over_protocol(page, "window.blocked") == []


@with_api
@pytest.mark.usefixtures("browser_is_here")
def test_page_without_javascript_leads_to_the_document(project: Project):
    with (
        project.serving("run") as url,
        opened_page(f"{url}/api/v1/docs", java_script_enabled=False) as (page, _),
    ):
        page.get_by_role("link", name="OpenAPI document").click()
        assert page.url == f"{url}/api/v1/openapi.json"


@with_api
@pytest.mark.usefixtures("browser_is_here")
def test_page_under_a_mount_point_sends_its_requests_there(project: Project, tmp_path: Path):
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [project.path / ".venv/bin/python", "-c", MOUNTED, str(port)],
            cwd=project.path,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_up(url, server, log)
            with opened_page(f"{url}/shop/api/v1/docs") as (page, complaints):
                try_out(page, "Create a note")
                response_status(page, "201")
                assert page.locator(".request-url").inner_text().strip().endswith(f"{url}/shop/api/v1/notes/")
                assert complaints == []
        finally:
            server.terminate()
            server.wait(30)


@with_api
@pytest.mark.usefixtures("browser_is_here")
def test_script_of_a_listed_origin_reads_responses_errors_and_headers(project: Project, tmp_path: Path):
    files = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), files) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        origin = f"http://localhost:{other.server_address[1]}"
        with (
            project.serving("run", CORS_ORIGINS=origin, RATELIMIT_DEFAULT="9 per minute") as url,
            opened_page(f"{origin}/") as (page, _),
        ):
            notes = f"{url}/api/v1/notes/"

            def fetch(url: str, **options: Any) -> Any:
                return page.evaluate(FETCH, [url, options])

            body = {"method": "POST", "body": '{"title": "Tea"}'}
            headers = {
                "Content-Type": "application/json",
                "Authorization": "Bearer x",
                "X-Request-ID": "tried-1",
            }
            created = fetch(notes, headers=headers, **body)  # after a preflight request
            assert created["status"] == 201
            assert created["headers"]["x-request-id"] == "tried-1"
            note = fetch(url + created["headers"]["location"])
            assert json.loads(note["body"])["title"] == "Tea"
            assert note["headers"]["etag"]
            refused = fetch(notes, headers=headers | {"Content-Type": "text/plain"}, **body)
            assert refused["status"] == 415
            assert refused["headers"]["content-type"] == "application/problem+json"
            # Cookies do not authenticate here, so no browser shows what was requested with them.
            assert "failure" in fetch(notes, credentials="include")
            limited = [fetch(notes, cache="no-store") for _ in range(9)][-1]
            assert limited["status"] == 429
            assert int(limited["headers"]["retry-after"]) > 0
        with project.serving("run") as url, opened_page(f"{origin}/") as (page, _):
            assert "failure" in page.evaluate(FETCH, [f"{url}/api/v1/notes/", {}])
            assert get(f"{url}/api/v1/notes/").status == 200
        other.shutdown()
