"""A project mounted under /shop, behind a real Nginx: a whole visit with an account, by pages and by the API."""

import json
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attacks import World, bearer
from http_client import PASSWORD, Visitor
from mail_server import mailbox
from production import in_production
from project import PRODUCTION, Project, free_port, get
from workspace import missing

HEADERS = """
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $remote_addr;
proxy_set_header X-Forwarded-Proto https;
"""
# The proxy may leave the path as it is, or strip it as docs/operations.md shows.
KEPT = "location /shop/ {{ proxy_pass http://127.0.0.1:8000; {headers} }}"
BLOCK = re.compile(r"^```nginx\n(location /shop/ \{.*?\})\n```$", re.DOTALL | re.MULTILINE)


@contextmanager
def nginx(folder: Path, location: str, upstream: int) -> Iterator[str]:
    """Run Nginx with this location; yield its URL."""
    if not shutil.which("nginx"):
        missing("Nginx")
    port = free_port()
    location = location.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    server = f"server {{ listen 127.0.0.1:{port}; {location} }}"
    main = f"daemon off; pid {folder}/pid; error_log {folder}/nginx.log; events {{}}"
    (folder / "nginx.conf").write_text(f"{main} http {{ access_log off; {temporary} {server} }}")
    process = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"])
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            get(f"{url}/")
            break
        except OSError:
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(30)


@pytest.mark.parametrize("project", ["full"], indirect=True)
@pytest.mark.parametrize("stripped", [True, False], ids=["stripped", "kept"])
def test_whole_visit_stays_inside_the_mount(project: Project, stripped: bool, tmp_path: Path):
    page = (project.path / "docs/operations.md").read_text("utf-8")
    (block,) = BLOCK.findall(page)
    assert "`PROXY_PREFIX=true`" in page
    assert "`SCRIPT_NAME=/shop`" in page
    location = block.replace("# and the other headers, as for location /", HEADERS)
    if not stripped:
        location = KEPT.format(headers=HEADERS)
    with mailbox() as mails:
        mount = {"PROXY_PREFIX": "true"} if stripped else {"SCRIPT_NAME": "/shop"}
        settings = PRODUCTION | project.environment | {"PROXY_HOPS": "1", "MAIL_URL": mails.url}
        project.run(".venv/bin/flask", "db", "upgrade", **settings)
        with (
            in_production(project, tmp_path / "log", wait=stripped, **settings, **mount) as server,
            nginx(tmp_path, location, server.port) as url,
        ):
            deadline = time.monotonic() + 60
            while (health := get(f"{url}/shop/healthz")).status != 200 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert health.status == 200
            if stripped:
                assert get(f"{server.url}/healthz").status == 200
            world = World(project, server, mails, settings, prefix=secrets.token_hex(3))
            email = world.user().email
            visit(Visitor(url, email))
            call(url, world.api_token(Visitor(url, email), "--scope", "read", "--scope", "write"))


def visit(visitor: Visitor) -> None:
    """Log in where a page asks for it, and write a note."""
    asked = visitor.get("/shop/notes/new")
    assert asked.status == 302
    login = asked.headers["Location"]
    assert login.startswith("/shop/account/login?next=")
    entered = visitor.fill(login, email=visitor.email, password=PASSWORD)
    assert entered.headers["Location"] == "/shop/notes/new"
    cookies = entered.headers.get_all("Set-Cookie")
    assert cookies
    # Browsers accept this prefix for the whole host alone.
    assert all(re.match("__Host-.*; Secure; .*Path=/(;|$)", cookie) for cookie in cookies), cookies
    saved = visitor.fill("/shop/notes/new", title="Tea", body="")
    assert saved.headers["Location"].startswith("/shop/")
    note = visitor.get(saved.headers["Location"])
    assert "“Tea” was created." in note.text
    pages = (note, visitor.get("/shop/"), visitor.get("/shop/notes/"))
    assert f'href="{saved.headers["Location"]}"' in pages[-1].text
    targets = [
        target for page in pages for target in re.findall(r' (?:href|src|action)="(/[^"]*)"', page.text)
    ]
    assert targets
    assert [target for target in targets if not target.startswith("/shop/")] == []
    (style,) = {target for target in targets if target.partition("?")[0].endswith("app.css")}
    assert visitor.get(style).status == 200


def call(url: str, token: str) -> None:
    """Read the document and follow the API's own links."""
    client = Visitor(url)
    assert json.loads(client.get("/shop/api/v1/openapi.json").text)["servers"] == [{"url": "/shop"}]
    page = client.get("/shop/api/v1/docs").text
    assert "/shop/api/v1/openapi.json" in page
    created = client.send(
        "POST", "/shop/api/v1/notes/", '{"title": "x"}', **bearer(token), Content_Type="application/json"
    )
    assert created.status == 201, created.text
    assert created.headers["Location"].startswith("/shop/api/v1/notes/")
    links = client.get("/shop/api/v1/notes/?limit=1", **bearer(token)).headers.get_all("Link")
    assert any(link.startswith("</shop/api/v1/notes/?") for link in links), links
