"""The pages in a real browser; the pictures stay in pytest's folder, or where SCREENSHOTS says."""

import os
from pathlib import Path

import pytest
from browser import CHROMIUM, chromium, looks
from notes import add_notes
from project import Project
from workspace import missing

in_browser = pytest.mark.parametrize("project", ["open"], indirect=True)
PAGES = {
    "home": "/",
    "list": "/notes/",
    "list-second-page": "/notes/?before=2",
    "new": "/notes/new",
    "note": "/notes/1",
    "edit": "/notes/1/edit",
    "not-found": "/nothing-here",
}


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the screenshots go."""
    if not CHROMIUM:
        missing("Chromium")
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@in_browser
def test_pages_please_axe_and_keep_their_policy(project: Project, pictures: Path):
    add_notes(project, 12)
    with project.serving("run") as url, chromium() as browser:
        seen = [look for name, path in PAGES.items() for look in looks(browser, name, url + path, pictures)]
        seen += looks(browser, "form-wrong", f"{url}/notes/new", pictures, click="form button[type=submit]")
        seen += looks(browser, "delete", f"{url}/notes/1/edit", pictures, click="[popovertarget]")
    assert {look.name: look.complaints for look in seen if look.complaints} == {}
    assert len(seen) == (len(PAGES) + 2) * 4


@in_browser
def test_judges_notice_what_is_wrong(project: Project, pictures: Path):
    base = project.path / "app/templates/base.html"
    good = base.read_text()
    bad = '<img src="/nothing.png"><p style="color: #888; width: 3000px">pale</p>'
    base.write_text(good.replace("<main", f"{bad}<main"))
    try:
        with project.serving("run") as url, chromium() as browser:
            complaints = " ".join(looks(browser, "seeded", url, pictures)[0].complaints)
    finally:
        base.write_text(good)
    assert "axe: image-alt" in complaints
    assert "policy: style-src" in complaints
    assert "console: " in complaints


@in_browser
def test_note_is_written_changed_and_deleted_by_keyboard(project: Project, pictures: Path):
    with project.serving("run") as url, chromium() as browser:
        page = browser.new_page()
        page.goto(url)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        for link in ("Notes", "New note"):
            page.get_by_role("link", name=link, exact=True).focus()
            page.keyboard.press("Enter")
        page.get_by_label("Title").focus()
        page.keyboard.type("Tea ☕")
        page.keyboard.press("Tab")
        page.keyboard.type("Green")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert "“Tea ☕” was created." in page.get_by_role("status").inner_text()
        page.get_by_role("link", name="Edit note").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Delete note…").focus()
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.textContent") == "Cancel"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        assert "“Tea ☕” was deleted." in page.get_by_role("status").inner_text()
