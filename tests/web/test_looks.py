"""The recipes of a project's docs/look.md, followed as written and seen in Chromium under the project's own policy.

docs/looks/ has the files that a recipe ends with; the pictures stay in pytest's folder, or where SCREENSHOTS says.
"""

import os
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import npm_checkers
import pytest
from browser import CHROMIUM, WATCH_POLICY, chromium, judge
from code_blocks import BLOCK, FILE
from http_client import PASSWORD
from notes import add_notes
from playwright.sync_api import expect
from project import Project
from workspace import TEMPLATE, missing

LOOKS = TEMPLATE / "docs" / "looks"
UI = TEMPLATE / "<<cookiecutter.project_slug>>/app/templates/_ui.html"
# The first button and the border of an invalid field: each framework's own colours.
COLOURS = {
    "Bootstrap": ("rgb(13, 110, 253)", "rgb(220, 53, 69)"),
    "Pico": ("rgb(1, 114, 173)", "rgb(184, 106, 107)"),
    "Tailwind": ("oklch(0.511 0.262 276.966)", "oklch(0.505 0.213 27.518)"),
}
ADMIN = "look@example.com"

with_accounts = pytest.mark.parametrize("project", ["full"], indirect=True)


@pytest.fixture(scope="module")
def database(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with an administrator and twelve notes."""
    path = tmp_path_factory.mktemp("looks") / "dev.db"
    there = {"DATABASE_URL": f"sqlite:///{path}"}
    project.run(".venv/bin/flask", "db", "upgrade", **there)
    project.run(".venv/bin/flask", "users", "create", ADMIN, "--password", PASSWORD, **there)
    project.run(".venv/bin/flask", "users", "promote", ADMIN, **there)
    add_notes(project, 12, ADMIN, **there)
    return path


@pytest.fixture
def look(copy: Project, database: Path, tmp_path: Path) -> Project:
    """A copy of a project in which a look may be changed, with a copy of that database."""
    if not CHROMIUM:
        missing("Chromium")
    if lacking := npm_checkers.Judges.missing():
        missing(lacking)
    shutil.copy(database, tmp_path / "dev.db")
    return copy


def blocks(project: Project, title: str) -> Iterator[tuple[str, str, str]]:
    """Yield the file, if one is named, the language and the code of each block of a recipe."""
    page = (project.path / "docs/look.md").read_text("utf-8")
    recipe = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    for block in BLOCK.finditer(recipe):
        named = FILE.search(recipe[: block.start()])
        yield named[1] if named else "", block["language"], block["code"]


def follow(project: Project, title: str) -> list[str]:
    """Run the commands of a recipe, write its style sheets and scripts or add to them; return its other blocks."""
    rest = []
    for name, language, code in blocks(project, title):
        if language == "sh":
            # npm has its settings and its cache in the user's own home; an audit asks a registry, which may be a mirror.
            npm = {"HOME": str(npm_checkers.HOME), "npm_config_audit": "false", "npm_config_fund": "false"}
            project.run("bash", "-euo", "pipefail", "-c", code, **npm)
        elif name and language in ("css", "js"):
            with (project.path / name).open("a", encoding="utf-8") as file:
                file.write(code)
        else:
            rest.append(code)
    return rest


def watched(page: Any) -> list[str]:
    """Return a list of what the console and the page's scripts complain about from now on."""
    complaints: list[str] = []
    page.add_init_script(WATCH_POLICY)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # The browser's own line about a page whose status is 422.
    page.on(
        "console",
        lambda line: (
            line.type == "error" and "status of 422" not in line.text and complaints.append(line.text)
        ),
    )
    return complaints


def log_in(page: Any, url: str) -> None:
    """Log in as the administrator."""
    page.goto(f"{url}/account/login")
    page.get_by_label("Email").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Sign out").wait_for()


def judged(page: Any, names: str, pictures: Path, found: dict[str, list[str]], name: str) -> None:
    """Take a picture of a page, and add what is wrong with it."""
    name = names.format(name)
    page.screenshot(path=pictures / f"{name}.png", full_page=True)
    if seen := judge(page):
        found[name] = seen


@with_accounts
@pytest.mark.parametrize("title", COLOURS)
def test_one_file_and_a_style_sheet_bring_another_look(look: Project, title: str, tmp_path: Path):
    macros = LOOKS / f"{title.lower()}.html"
    assert len(macros.read_text("utf-8").splitlines()) < 120
    shutil.copy(macros, look.path / "app/templates/_ui.html")
    follow(look, title)
    pictures = Path(os.environ.get("SCREENSHOTS") or tmp_path)
    found: dict[str, list[str]] = {}
    with look.serving("run") as url, chromium() as browser:
        for scheme, width in (("light", 1280), ("dark", 390)):
            page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
            complaints = watched(page)
            see = partial(judged, page, f"{title}-{{}}-{scheme}", pictures, found)
            page.goto(f"{url}/account/login")
            see("login")
            if scheme == "light":
                button = page.locator("form button[type=submit]").first
                expect(button).to_have_css("background-color", COLOURS[title][0])
            log_in(page, url)
            see("home")
            page.goto(f"{url}/notes/")
            see("list")
            page.goto(f"{url}/notes/new")
            page.get_by_label("Title").fill(" ")
            page.get_by_role("button", name="Save note").click()
            page.locator("[aria-invalid]").wait_for()
            see("error")
            if scheme == "light":
                page.get_by_label("Body").focus()  # the border of a focused field may be another
                expect(page.locator("[aria-invalid]")).to_have_css("border-top-color", COLOURS[title][1])
            page.get_by_label("Title").fill("Tea")
            page.get_by_role("button", name="Save note").click()
            assert "“Tea” was created." in page.get_by_role("status").inner_text()
            see("note")
            page.get_by_text(
                "Edit note", exact=True
            ).click()  # in Pico, a link that looks like a button has its role
            page.get_by_role("button", name="Delete note…").click()
            see("confirm")
            page.get_by_role("dialog").get_by_role("button", name="Delete note").click()
            assert "“Tea” was deleted." in page.get_by_role("status").inner_text()
            for name, path in (
                ("account", "/account/"),
                ("users", "/account/users"),
                ("not-found", "/nothing"),
            ):
                page.goto(url + path)
                see(name)
            assert [line for line in complaints if "status of 404" not in line] == []
            page.close()
    assert found == {}


@pytest.mark.parametrize("title", COLOURS)
def test_look_has_the_macros_that_pages_call(title: str):
    mine, theirs = (
        dict(re.findall(r"\{% macro (\w+)\((.*?)\) %}", path.read_text("utf-8")))
        for path in (LOOKS / f"{title.lower()}.html", UI)
    )
    assert {name: mine.get(name) for name in theirs if name != "checkbox"} == {
        name: parameters for name, parameters in theirs.items() if name != "checkbox"
    }
    assert mine["checkbox"].startswith(theirs["checkbox"])


@with_accounts
def test_htmx_swaps_a_part_of_the_page_under_the_policy(look: Project):
    tag, boost, button = follow(look, "htmx")
    edit(look, "app/templates/base.html", r'(?=  <script src="[^"]*app.js)', tag)
    edit(look, "app/templates/_ui.html", r'(?<=<nav class="pages actions") ', f" {boost.strip()} ")
    button = button.replace("book", "note")  # what the page says of books holds for notes
    edit(look, "app/templates/notes/index.html", r"(?<=note.created\) }}\n)", button)
    with look.serving("run") as url, chromium() as browser:
        page = browser.new_page()
        complaints = watched(page)
        log_in(page, url)
        page.goto(f"{url}/notes/")
        page.evaluate("window.reloaded = false")
        sent: list[Any] = []
        page.on("request", lambda request: request.method == "POST" and sent.append(request.headers))

        page.get_by_role("link", name="Older").click()
        page.get_by_role("link", name="Newer").wait_for()
        assert "before=" in page.url
        assert page.locator("time").first.get_attribute("datetime") == page.locator(
            "time"
        ).first.get_attribute("title")
        page.on("dialog", lambda dialog: dialog.accept())
        notes = page.locator("article").count()
        page.get_by_role("button", name="Delete", exact=True).first.click()
        page.get_by_role("status").filter(has_text="was deleted.").wait_for()
        assert sent[0]["x-csrftoken"]
        assert sent[0]["hx-request"] == "true"
        assert page.evaluate("window.reloaded") is False
        assert judge(page) == []
        assert complaints == []
        page.reload()
        assert page.locator("article").count() >= notes - 1


def edit(project: Project, name: str, place: str, code: str) -> None:
    """Insert code where a pattern matches, once."""
    path = project.path / name
    text, times = re.subn(place, lambda _: code, path.read_text("utf-8"), count=1)
    assert times == 1, (name, place)
    path.write_text(text, "utf-8")
