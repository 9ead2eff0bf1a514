"""Pages as people see them: Chromium, light and dark, phone and desktop, judged by axe-core."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
# Without these, Chromium calls home at every start.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
SCHEMES = ("light", "dark")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
WATCH_POLICY = """window.blocked = [];
document.addEventListener("securitypolicyviolation", event => window.blocked.push(event.effectiveDirective));"""
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


@dataclass
class Look:
    """One page in one scheme and size.

    Parameters:
        name: what is looked at, `home-dark-phone` for example.
        complaints: what axe-core, the console, the Content-Security-Policy and the layout say against it.
    """

    name: str
    complaints: list[str]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def in_each_look(page: Page) -> Iterator[str]:
    """Show a page in every scheme and size, which its style sheet follows without a reload; yield the name of each."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        for device, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            yield f"{scheme}-{device}"


def looks(browser: Browser, name: str, url: str, pictures: Path, click: str | None = None) -> list[Look]:
    """Open a page, and judge it in every scheme and size, with everything unfolded.

    Parameters:
        name: how the pictures are called.
        url: the page.
        pictures: the folder for the screenshots.
        click: a selector of what to click first, and wait for the answer.
    """
    context = browser.new_context()
    page = context.new_page()
    complaints: list[str] = []
    page.add_init_script(WATCH_POLICY)
    page.on("console", lambda line: line.type == "error" and complaints.append(f"console: {line.text}"))
    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
    status = page.goto(url, wait_until="networkidle").status
    if status >= 400:  # Chromium reports the page's own status as an error
        complaints[:] = [line for line in complaints if f"status of {status}" not in line]
    for look in in_each_look(page):
        page.screenshot(path=pictures / f"{name}-{look}.png")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    if click:
        page.locator(click).first.click()
        page.wait_for_load_state("networkidle")
    judged = []
    for look in in_each_look(page):
        judged.append(Look(f"{name}-{look}", judge(page)))
        page.screenshot(path=pictures / f"{name}-{look}-whole.png", full_page=True)
    context.close()
    judged[0].complaints += complaints
    return judged


def judge(page: Page) -> list[str]:
    """Give what is wrong with a page as it stands."""
    over_protocol(page, AXE)  # the page's own policy lets no script in
    violations = over_protocol(page, "axe.run(document).then(result => result.violations)")
    found = [f"axe: {each['id']} at {each['nodes'][0]['target']}" for each in violations]
    found += [f"policy: {directive}" for directive in over_protocol(page, "window.blocked")]
    if over_protocol(page, "document.documentElement.scrollWidth > innerWidth"):
        found.append("layout: wider than the window")
    return found


def try_out(page: Page, summary: str) -> None:
    """Send the example request of an operation on the page of Swagger UI."""
    page.locator(".opblock-summary", has_text=summary).click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()


def response_status(page: Page, status: str) -> None:
    """Wait until Swagger UI shows a response with this status."""
    page.locator(".live-responses-table .response .response-col_status", has_text=status).wait_for()


def over_protocol(page: Page, expression: str) -> Any:
    """Evaluate JavaScript over Chromium's protocol, which the page's Content-Security-Policy does not govern."""
    session = page.context.new_cdp_session(page)
    options = {"awaitPromise": True, "returnByValue": True, "allowUnsafeEvalBlockedByCSP": True}
    answer = session.send("Runtime.evaluate", {"expression": expression, **options})
    session.detach()
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")
