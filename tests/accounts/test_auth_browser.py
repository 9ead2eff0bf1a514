"""Accounts in a real browser: from registering to logging out, and every page before axe, light and dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from account_pages import Device, follow, member, walk
from browser import (
    CHROMIUM,
    WATCH_POLICY,
    chromium,
    in_each_look,
    judge,
    over_protocol,
    response_status,
    try_out,
)
from http_client import PASSWORD
from mail_server import Mailbox, mailbox
from npm_checkers import Judges
from production import in_production
from project import PRODUCTION, Project
from workspace import missing

with_accounts = pytest.mark.parametrize("project", ["full"], indirect=True)
EMAIL = "browser-{}@example.com"


@pytest.fixture
def served(project: Project) -> Iterator[tuple[str, Mailbox]]:
    """The development server, with a second factor on offer, and where its mail goes."""
    if not CHROMIUM:
        missing("Chromium")
    with mailbox() as mails:
        settings = {
            "MAIL_URL": mails.url,
            "TOTP_SECRET": PRODUCTION["SECRET_KEY"][::-1],
            "ACCOUNTS_RATELIMIT": "99 per minute",
        }
        with project.serving("run", **settings) as url:
            yield url, mails


@with_accounts
def test_somebody_registers_writes_a_note_exports_it_and_leaves(served: tuple[str, Mailbox], tmp_path: Path):
    url, mails = served
    with chromium() as browser:
        page = browser.new_page()
        page.add_init_script(WATCH_POLICY)
        complaints: dict[str, list[str]] = {}
        page.on("pageerror", lambda error: complaints.setdefault("script", []).append(str(error)))
        seen = []
        for name in walk(page, url, mails, EMAIL.format("new")):
            seen.append(name)
            for look in in_each_look(page):
                page.screenshot(path=tmp_path / f"{name}-{look}.png", full_page=True)
                if found := judge(page):
                    complaints[f"{name}-{look}"] = found
    assert complaints == {}
    assert len(seen) == 22


@with_accounts
def test_request_is_tried_with_a_token_that_only_the_page_knows(served: tuple[str, Mailbox]):
    url, mails = served
    with chromium() as browser:
        page = browser.new_page()
        page.add_init_script(WATCH_POLICY)
        member(page, url, mails, EMAIL.format("token"))
        page.goto(f"{url}/account/tokens")
        page.get_by_label("Name").fill("Page")
        page.get_by_label("Permissions").select_option("read write")
        page.get_by_role("button", name="Create token").click()
        token = page.locator(".secret").inner_text()

        page.goto(f"{url}/api/v1/docs")
        try_out(page, "Create a note")
        response_status(page, "401")
        page.locator(".auth-wrapper .authorize").click()
        page.get_by_label("auth-bearer-value").fill(token)
        page.get_by_role("button", name="Apply credentials").click()
        page.get_by_role("button", name="Close", exact=True).click()
        page.get_by_role("button", name="Execute").click()
        response_status(page, "201")
        assert over_protocol(page, "window.blocked") == []
        kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href])"
        assert token not in page.evaluate(kept)


@with_accounts
def test_passkey_takes_the_place_of_the_password_and_comes_after_it(
    served: tuple[str, Mailbox], tmp_path: Path
):
    url, mails = served
    url = url.replace("127.0.0.1", "localhost")  # passkeys belong to a name
    email = EMAIL.format("passkey")
    with chromium() as browser:
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(WATCH_POLICY)
        member(page, url, mails, email)
        complaints: dict[str, list[str]] = {}

        def look(name: str, device: Device | None = None) -> None:
            keys = device.keys() if device else []
            for each in in_each_look(page):
                page.screenshot(path=tmp_path / f"{name}-{each}.png", full_page=True)
                if found := judge(page):
                    complaints[f"{name}-{each}"] = found
            if device:
                device.plug(keys)

        # No device: the page says so, and offers to try again.
        page.goto(f"{url}/account/")
        page.get_by_role("link", name="Passkeys").click()
        page.get_by_label("Name").fill("Phone")
        look("passkeys-empty")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("button", name="Try again").wait_for()
        look("device")
        device = Device(page)
        page.goto(f"{url}/account/passkeys")
        page.get_by_label("Name").fill("Phone")
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("button", name="Remove Phone").wait_for()
        look("passkeys", device)
        assert "passkey" in mails.newest(email)

        # Instead of the password.
        page.goto(f"{url}/account/")
        follow(page, "button", "Sign out of all devices")
        page.goto(f"{url}/account/login?next=/account/passkeys")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.get_by_role("button", name="Remove Phone").wait_for()
        page.goto(f"{url}/account/verify")
        look("verify", device)
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(f"{url}/")

        # After the password, beside an app; for an account that has recovery codes.
        page.goto(f"{url}/account/mf-recovery-codes")
        follow(page, "button", "Generate new codes")
        page.goto(f"{url}/account/passkeys")
        page.get_by_role("button", name="Remove Phone…").click()
        page.get_by_role("button", name="Remove Phone", exact=True).click()
        page.get_by_label("Name").fill("Key")
        page.get_by_label("After the password, as a second factor").check()
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("button", name="Remove Key").wait_for()
        page.goto(f"{url}/account/")
        follow(page, "button", "Sign out of all devices")
        page.goto(f"{url}/account/login")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name="Use a passkey").wait_for()
        look("second", device)
        alone = context.request.get(f"{url}/account/", headers={"Accept": "text/html"}, max_redirects=0)
        assert alone.status == 302, "the password alone is not enough"
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url(f"{url}/")
    assert complaints == {}


@with_accounts
def test_lighthouse_finds_nothing_to_improve_in_the_login(project: Project, tmp_path: Path):
    if not CHROMIUM:
        missing("Chromium")
    if lacking := Judges.missing():
        missing(lacking)
    with in_production(project, tmp_path / "log", MAIL_URL="smtp://127.0.0.1:9") as server:
        scores = Judges.installed().scores(f"{server.url}/account/login")
    assert min(scores.values()) >= 0.95, scores
