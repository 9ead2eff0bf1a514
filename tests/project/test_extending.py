"""The recipes of a project's docs/extending.md, applied to a project as an owner would, one after the other."""

import pytest
from code_blocks import BLOCK, FILE, add
from project import Project, get


def recipes(project: Project) -> list[tuple[str, str]]:
    """Return the file and the code of each recipe, in the order of the page."""
    page = (project.path / "docs/extending.md").read_text(encoding="utf-8")
    found = []
    for block in BLOCK.finditer(page):
        if name := FILE.search(page[: block.start()]):
            found.append((name[1], block["code"]))
    return found


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_recipes_of_the_docs_leave_all_checks_green(copy: Project):
    found = recipes(copy)
    assert len(found) >= 15
    for name, code in found:
        add(copy.path / name, code)
    services = copy.path / "app/blueprints/main/services.py"
    services.write_text(
        services.read_text().replace("from typing", "from collections.abc import Sequence\nfrom typing", 1)
    )
    cli = copy.path / "app/cli.py"
    cli.write_text(cli.read_text().replace("(doctor, hello, seed)", "(cleanup, doctor, hello, seed)"))
    config = copy.path / "app/config.py"
    config.write_text(
        config.read_text()
        .replace('("Home", "main.index"),', '("Home", "main.index"),\n        ("About", "main.about"),')
        .replace(
            "        self.LOG_LEVEL =",
            '        self.GREETING = env.str("GREETING", "Hello")\n        self.LOG_LEVEL =',
        )
    )
    example = copy.path / ".env.example"
    example.write_text(f"{example.read_text()}\n# What the home page says.\n# GREETING=Hello\n")
    copy.make("migrate")
    copy.run(".venv/bin/flask", "db", "migrate", "-m", "Books")
    copy.make("format")
    copy.make("migrate")
    copy.make("check")
    assert "Clean." in copy.run(".venv/bin/flask", "cleanup")
    with copy.serving("run") as url:
        assert 'aria-current="page">About' in get(f"{url}/about").text


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_removing_the_sample_keeps_what_is_the_owners(copy: Project):
    page = (copy.path / "docs/extending.md").read_text(encoding="utf-8").partition("## Remove the sample")[2]
    commands = BLOCK.search(page)
    assert commands
    own = copy.path / "app/models/notebook.py"
    own.write_text('"""Mine."""\n', encoding="utf-8")
    copy.run("git", "add", "--all")
    copy.run("bash", "-euo", "pipefail", "-c", commands["code"])
    gone = copy.run("git", "diff", "--cached", "--name-only", "--diff-filter=D").split()
    assert gone == [
        "app/models/note.py",
        "app/templates/main/edit.html",
        "app/templates/main/new.html",
        "tests/test_notes.py",
    ]
    assert own.exists()
