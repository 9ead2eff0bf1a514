"""What `flask generate` writes, before judges: Schemathesis for the API, Chromium and axe-core for the pages."""

import subprocess
from pathlib import Path

import pytest
from browser import CHROMIUM, WATCH_POLICY, chromium, judge
from http_client import PASSWORD
from owner_clone import new_owner
from production import in_production
from project import PRODUCTION, Project
from workspace import TEMPLATE, missing

ANN = "ann@example.com"
# The types whose values OpenAPI can describe, optional and not.
PLAIN = (
    *("name:string:80:unique", "body:text?", "email:email?", "contact:email", "site:url?", "link:url"),
    *("weight:float", "score:float?", "active:boolean", "visible:boolean:default=true", "born:date"),
    *("died:date?", "state:choice:draft,out:default=draft", "mood:choice?:good,bad", "token:uuid:unique"),
    "ref:uuid?",
)
# The others. 1.0 is an integer in OpenAPI, but none that is accepted; for times it has no range, and for decimal places
# only a multiple of a binary fraction; a least length above one does not count blanks around the text. So valid data may
# be rejected here.
MORE = (
    *("pages:integer:1..5000", "stock:integer?", "price:decimal:8.2", "rate:decimal?", "starts:datetime"),
    *("ends:datetime?", "code:string:2..40"),
)
AUTHOR = ("author", *PLAIN, "--search", "name,body")
BOOK = ("book", "title:string:unique", *MORE, "author:references", "editor:references?:author")
TOOL = ("tool", *PLAIN, *MORE, "--search", "name")
NOT_DESCRIBED = ("--exclude-checks", "positive_data_acceptance")


@pytest.mark.parametrize("project", ["full"], indirect=True)
def test_schemathesis_finds_no_answer_that_the_document_does_not_foresee(
    project: Project, request: pytest.FixtureRequest, tmp_path: Path
):
    """Resources of one account and of all, of every type; with more examples by `make test-slow`."""
    owner = new_owner(project, request, tmp_path)
    for words in (AUTHOR, BOOK, (*TOOL, "--public")):
        owner.flask("generate", "resource", *words)
    owner.flask("db", "upgrade")
    owner.flask("users", "create", ANN, "--password", PASSWORD)
    token = owner.flask("users", "token", ANN).split()[-1]
    examples = str(request.config.getoption("walks") or 3)
    settings = {"RATELIMIT_DEFAULT": "1000000 per second", "TOTP_SECRET": PRODUCTION["SECRET_KEY"][::-1]}
    with in_production(owner.project, tmp_path / "log", **settings) as server:
        for version, resource, *words in (
            ("v1", "authors"),
            ("v1", "books", *NOT_DESCRIBED),
            ("v2", "tools", *NOT_DESCRIBED),
        ):
            command = [TEMPLATE / ".venv/bin/schemathesis", "run", "--no-color"]
            command += [
                "--header",
                f"Authorization: Bearer {token}",
                "--seed",
                "1",
                "--max-examples",
                examples,
            ]
            command += [
                f"{server.url}/api/{version}/openapi.json",
                "--include-path-regex",
                f"/{resource}/",
                *words,
            ]
            done = subprocess.run(
                command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False
            )
            assert done.returncode == 0, done.stdout + done.stderr
        assert not [line for line in server.lines() if line.get("status", 0) >= 500]


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_pages_are_used_in_a_browser_and_please_axe(
    project: Project, request: pytest.FixtureRequest, tmp_path: Path
):
    if not CHROMIUM:
        missing("Chromium")
    owner = new_owner(project, request, tmp_path)
    for words in (AUTHOR, (*TOOL, "maker:references:author")):
        owner.flask("generate", "resource", *words)
    owner.flask("db", "upgrade")
    owner.flask("seed")
    complaints: dict[str, list[str]] = {}
    with owner.project.serving("run") as url, chromium() as browser:
        page = browser.new_page()
        page.add_init_script(WATCH_POLICY)
        page.on("pageerror", lambda error: complaints.setdefault("script", []).append(str(error)))

        def look(name: str) -> None:
            page.wait_for_load_state("networkidle")
            complaints[name] = judge(page)

        page.goto(f"{url}/tools/")
        look("list")
        page.get_by_role("link", name="New tool").click()
        look("new")
        page.get_by_label("Name").fill("Hammer")
        page.get_by_label("Contact").fill("smith@example.com")
        page.get_by_label("Link").fill("https://example.com/hammer")
        page.get_by_label("Weight").fill("0.5")
        page.get_by_label("Born").fill("2026-01-31")
        page.get_by_label("Token").fill("00000000-0000-0000-0000-00000000000f")
        page.get_by_label("Pages").fill("12")
        page.get_by_label("Price").fill("9.95")
        page.get_by_label("Starts").fill("2026-01-31T12:30")
        page.get_by_label("Code").fill("H1")
        page.get_by_label("Maker").select_option(index=1)
        page.get_by_role("button", name="Save tool").click()
        page.get_by_text("“Hammer” was created.").wait_for()
        look("show")
        assert page.get_by_text("9.95").is_visible()

        # What was seeded has a value of every type, and goes through the browser's own fields.
        page.goto(f"{url}/tools/1/edit")
        look("edit")
        page.get_by_label("Name").fill("Hammer")
        page.get_by_role("button", name="Save tool").click()
        page.get_by_text("There is already a tool with this name.").wait_for()
        look("error")
        assert page.evaluate("document.activeElement.name") == "name"
        page.get_by_label("Name").fill("Saw 100%")
        page.get_by_role("button", name="Save tool").click()
        page.get_by_text("“Saw 100%” was saved.").wait_for()

        page.goto(f"{url}/tools/")
        page.get_by_role("searchbox").fill("0%")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Saw 100%").wait_for()
        assert page.get_by_role("link", name="Hammer").count() == 0
        look("search")

        page.get_by_role("link", name="Saw 100%").click()
        page.get_by_role("link", name="Edit tool").click()
        page.get_by_role("button", name="Delete tool…").click()
        look("delete")
        page.get_by_role("button", name="Delete tool", exact=True).click()
        page.get_by_text("“Saw 100%” was deleted.").wait_for()
        assert page.get_by_role("link", name="Saw 100%").count() == 0
    assert {name: found for name, found in complaints.items() if found} == {}
    assert len(complaints) == 7
