"""What a browser does with accounts: everything that somebody new does, and passkeys in a device of Chromium's own."""

import json
import re
from collections.abc import Iterator
from typing import Any

from attacks_codes import App
from http_client import PASSWORD
from mail_server import Mailbox

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def follow(page: Any, role: str, name: str) -> None:
    """Press what leads to another page, and wait for that: a click alone does not wait for what a server takes."""
    with page.expect_navigation():
        page.get_by_role(role, name=name, exact=True).click()


def walk(page: Any, url: str, mails: Mailbox, email: str) -> Iterator[str]:
    """Do everything that somebody new does, and stop at each page by its name."""
    page.goto(url)
    yield "welcome"
    follow(page, "link", "Create an account")
    yield "register"
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill("password1234")
    page.get_by_label("Confirm password").fill("password1234")
    follow(page, "button", "Create account")
    yield "register-refused"
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm password").fill(PASSWORD)
    follow(page, "button", "Create account")
    assert email in page.get_by_role("status").inner_text()
    page.goto(url + mails.link(email))
    yield "confirm-password"
    page.get_by_label("Password").fill(PASSWORD)
    follow(page, "button", "Confirm")
    assert "confirmed" in page.get_by_role("status").inner_text()
    page.goto(f"{url}/account/")
    follow(page, "button", "Sign out of all devices")
    page.goto(f"{url}/account/login")
    yield "log-in"
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("wrong wrong")
    follow(page, "button", "Sign in")
    yield "log-in-refused"
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Keep me signed in for 30 days").check()
    follow(page, "button", "Sign in")
    yield "home"
    follow(page, "link", "Notes")
    yield "notes"
    follow(page, "link", "New note")
    page.get_by_label("Title").fill("Tea")
    page.get_by_role("button", name="Save").click()
    assert "“Tea” was created." in page.get_by_role("status").inner_text()
    yield "note"
    page.get_by_role("link", name="Exports").click()
    page.get_by_role("button", name="Export all your data").click()
    page.get_by_text("1 item is ready.").wait_for()
    yield "export"
    with page.expect_download() as started:
        page.get_by_role("link", name="Download export.json").click()
    [note] = json.loads(started.value.path().read_text())["notes"]
    assert note["title"] == "Tea"
    follow(page, "link", email)
    yield "account"
    follow(page, "link", "API tokens")
    page.get_by_label("Name").fill("Phone")
    follow(page, "button", "Create token")
    assert "A new API token" in mails.newest(email)
    yield "tokens"
    for name, path in (
        ("change", "change"),
        ("verify", "verify"),
        ("second", "tf-setup"),
        ("codes", "mf-recovery-codes"),
    ):
        page.goto(f"{url}/account/{path}")
        yield name
    follow(page, "button", "Generate new codes")
    yield "codes-made"
    page.goto(f"{url}/account/tf-setup")
    follow(page, "button", "Set up authenticator app")
    yield "second-code"
    app = App(re.sub(r"[\s-]", "", page.locator(".secret").inner_text()))
    page.get_by_label("Code").fill(app.next())
    follow(page, "button", "Turn on")
    assert "authenticator app" in mails.newest(email)
    sign_out(page, url)
    page.goto(f"{url}/account/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    follow(page, "button", "Sign in")
    page.get_by_label("Code").fill(app.next())
    yield "second-login"
    follow(page, "button", "Sign in")
    assert page.url == f"{url}/"
    sign_out(page, url)
    for name, path in (("forgot", "reset"), ("confirm", "confirm")):
        page.goto(f"{url}/account/{path}")
        yield name
    page.goto(f"{url}/account/reset")
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Send link").click()
    page.goto(url + mails.link(email))
    yield "reset"


def sign_out(page: Any, url: str) -> None:
    """End all sessions."""
    page.goto(f"{url}/account/")
    follow(page, "button", "Sign out of all devices")
    page.get_by_role("link", name="Sign in").first.wait_for()


def member(page: Any, url: str, mails: Mailbox, email: str) -> None:
    """Register and log in."""
    page.goto(f"{url}/account/register")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm password").fill(PASSWORD)
    follow(page, "button", "Create account")
    page.goto(url + mails.link(email))
    page.get_by_label("Password").fill(PASSWORD)
    follow(page, "button", "Confirm")
    page.get_by_role("button", name="Sign out").wait_for()


class Device:
    """What holds passkeys, in Chromium's own software. Every other session with the protocol that ends takes it away.

    Parameters:
        page: the page that asks it.
    """

    def __init__(self, page: Any) -> None:
        self.page = page
        self.plug([])

    def plug(self, keys: list[dict[str, Any]]) -> None:
        """Connect it, with what it knows."""
        self.session = self.page.context.new_cdp_session(self.page)
        self.session.send("WebAuthn.enable")
        added = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self.id = {"authenticatorId": added["authenticatorId"]}
        for key in keys:
            self.session.send("WebAuthn.addCredential", self.id | {"credential": key})

    def keys(self) -> list[dict[str, Any]]:
        """Give what it knows."""
        return self.session.send("WebAuthn.getCredentials", self.id)["credentials"]
