"""The documentation: it builds without a warning, its commands work, and what newcomers look for is found."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browser import CHROMIUM, chromium
from code_blocks import BLOCK, FILE, add
from project import Project, free_port, get
from workspace import TEMPLATE, copy_template, missing, output_of

pytestmark = pytest.mark.xdist_group("docs")
TREE = TEMPLATE / "<<cookiecutter.project_slug>>"
DOCS = TEMPLATE / "docs"
PAGES = [*DOCS.rglob("*.md"), *TEMPLATE.glob("*.md"), *TEMPLATE.glob(".github/**/*.md")]
SITE = "https://org.github.io/flask-starter/"
BLOB = "https://github.com/org/flask-starter/blob/main/"
QUERIES = {
    "add a page": "how-to/add-a-page/",
    "bootstrap": "how-to/change-the-look/",
    "change the port": "how-to/change-the-port/",
    "PostgreSQL": "how-to/use-postgresql/",
    "deploy": "how-to/deploy/",
    "HTTPS": "how-to/set-up-https/",
    "add log-in": "how-to/add-login/",
    "background job": "how-to/add-a-background-job/",
    "update": "how-to/update-a-project/",
    "tests": "how-to/run-the-tests/",
    "Windows": "how-to/work-on-windows/",
    "back up": "how-to/back-up-and-restore/",
    "secret key": "how-to/rotate-secrets/",
    "login": "how-to/add-login/",
    "celery": "how-to/add-a-background-job/",
}


def build(clone: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of `clone`, in the environment that this one's `make docs` made."""
    command = ["make", "docs", f"VENV={TEMPLATE / '.venv'}"]
    return subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the built site."""
    clone = tmp_path_factory.mktemp("docs") / "flask-starter"
    copy_template(clone)
    done = build(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.count("No issues found") == 2
    return clone / "site"


def test_every_page_is_in_the_navigation(site: Path):
    for config, folder in (("zensical.toml", DOCS), ("zensical.ko.toml", DOCS / "ko")):
        named = set(re.findall(r'"([\w/.-]+\.md)"', (TEMPLATE / config).read_text("utf-8")))
        pages = {page.relative_to(folder).as_posix() for page in folder.rglob("*.md")}
        assert named == {page for page in pages if not page.startswith("ko/")}


def test_broken_link_fails_the_build(tmp_path: Path):
    copy_template(tmp_path / "clone")
    page = tmp_path / "clone/docs/first-hour.md"
    page.write_text(page.read_text("utf-8") + "\n[gone](gone.md)\n", "utf-8")
    assert build(tmp_path / "clone").returncode


def test_links_between_sites_and_files_lead_somewhere(site: Path):
    broken = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for path, anchor in re.findall(rf"{re.escape(SITE)}([\w/.-]*)(?:#([\w-]+))?", text):
            target = site / path / "index.html" if path.endswith("/") or not path else site / path
            if not target.is_file() or (anchor and f'id="{anchor}"' not in target.read_text("utf-8")):
                broken.append((page.name, path, anchor))
        broken += [
            (page.name, path)
            for path in re.findall(rf"{re.escape(BLOB)}([\w/.-]+)", text)
            if not (TEMPLATE / path).exists()
        ]
        # Links of pages on the site are checked by the build.
        if DOCS not in page.parents:
            broken += [
                (page.name, path)
                for path in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text)
                if not (page.parent / path).exists()
            ]
    assert broken == []


def test_tests_that_pages_name_exist():
    named = {
        (page.name, name)
        for page in PAGES
        for name in re.findall(r"`(tests/[\w*/]+\.py)`", page.read_text("utf-8"))
    }
    in_projects = {"tests/conftest.py", "tests/test_main.py", "tests/support/production.py"}
    assert len(named) >= 20
    assert [
        (page, name)
        for page, name in sorted(named)
        if not any(TEMPLATE.glob(name)) and not any(TREE.glob(name)) and name not in in_projects
    ] == []


def without_comments(block: re.Match[str]) -> str:
    """Return a block's code; comments in shell commands are translated."""
    return re.sub(r"  +#.*", "", block["code"]) if block["language"] == "sh" else block["code"]


@pytest.mark.parametrize(
    ("english", "korean"), [("README.md", "README.ko.md"), ("docs/first-hour.md", "docs/ko/first-hour.md")]
)
def test_both_languages_have_the_same_commands(english: str, korean: str):
    blocks = [
        [without_comments(block) for block in BLOCK.finditer((TEMPLATE / name).read_text("utf-8"))]
        for name in (english, korean)
    ]
    assert blocks[0] == blocks[1]


def test_guide_to_options_quotes_what_is_there():
    page = (DOCS / "adding-an-option.md").read_text("utf-8")
    table = (TEMPLATE / "cookiecutter.json").read_text("utf-8")
    there = {line.strip().rstrip(",") for line in table.splitlines()}
    quoted = "".join(re.findall(r"```json\n(.+?)```", page, re.DOTALL)).splitlines()
    assert len(quoted) > 5
    assert [line for line in quoted if line.strip().rstrip(",") not in there] == []


def test_references_name_everything_there_is():
    commands = (DOCS / "reference/commands.md").read_text("utf-8")
    for makefile in (TREE / "Makefile", TREE / "deploy/compose/commands.mk", TEMPLATE / "Makefile"):
        targets = re.findall(r"^([a-z-]+):.* ## ", makefile.read_text("utf-8"), re.MULTILINE)
        assert [name for name in targets if name != "help" and f"`make {name}" not in commands] == []
    settings = (DOCS / "reference/settings.md").read_text("utf-8")
    variables = re.findall(r"^#? ?([A-Z_]+)=", (TREE / ".env.example").read_text("utf-8"), re.MULTILINE)
    told = {"OTEL_METRICS_EXPORTER", "OTEL_TRACES_SAMPLER"}  # inside of another variable's comment
    assert [name for name in variables if f"`{name}`" not in settings and name not in told] == []


@pytest.mark.parametrize("page", ["README.md", "README.ko.md", "docs/options.md", "docs/ko/options.md"])
def test_every_option_and_value_is_explained(page: str):
    text = (TEMPLATE / page).read_text("utf-8")
    options = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))
    for option, values in options.items():
        if not option.startswith("_"):
            assert f"`{option}`" in text or f"## {option}\n" in text, option
            for value in values if isinstance(values, list) else []:
                assert f"`{value}`" in text, value


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves the site under its path, and says nothing."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/flask-starter"))

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve the site, and yield its URL."""
    with ThreadingHTTPServer(
        ("127.0.0.1", free_port()), partial(QuietHandler, directory=str(site))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/flask-starter/"
        server.shutdown()


def test_newcomers_find_it_in_one_search(site: Path):
    if not CHROMIUM:
        missing("Chromium")
    with served(site) as url, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        elsewhere: list[str] = []
        page.on("request", lambda request: url in request.url or elsewhere.append(request.url))
        page.goto(url, wait_until="networkidle")
        lost = []
        for query, expected in QUERIES.items():
            page.goto(url, wait_until="networkidle")
            page.locator(".md-search__button").click()
            page.keyboard.type(query)
            first = page.locator("a[href*='?h=']")
            first.first.wait_for()
            page.wait_for_timeout(300)
            found = [link.get_attribute("href") or "" for link in first.all()[:3]]
            if not any(expected in link for link in found):
                lost.append((query, found))
        assert lost == []
        assert elsewhere == []


def test_first_hour_works_as_written(user: None, tmp_path: Path):
    page = (DOCS / "first-hour.md").read_text("utf-8")
    folder, served_pages = tmp_path, 0
    for block in BLOCK.finditer(page):
        if file := FILE.search(page[: block.start()]):
            add(folder / file[1], block["code"])
            continue
        for line in block["code"].splitlines():
            program, *words = line.split()
            if line.startswith("git clone"):
                copy_template(tmp_path / "flask-starter")
            elif program == "cd":
                folder = (folder / words[0]).resolve()
            elif line == "make run":
                with Project(folder, {}).serving("run") as url:
                    served_pages += get(f"{url}/api/v1/docs").status == 200
            else:
                output_of(["bash", "-euc", line], cwd=folder)
    with Project(folder, {}).serving("run") as url:
        assert "We sell books." in get(f"{url}/about").text
        assert "No books yet." in get(f"{url}/books").text
    assert served_pages == 1
    assert output_of(["git", "status", "--porcelain"], cwd=folder) == ""
