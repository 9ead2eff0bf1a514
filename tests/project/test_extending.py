"""The recipes of a project's docs/extending.md, applied to a project as an owner would, one after the other."""

import pytest
from code_blocks import BLOCK, FILE, add
from project import Project, get


def recipes(project: Project) -> list[tuple[str, str]]:
    """Return the file, if one is named, and the code of each recipe, in the order of the page."""
    page = (
        (project.path / "docs/extending.md").read_text(encoding="utf-8").partition("## Remove the sample")[0]
    )
    found = []
    for block in BLOCK.finditer(page):
        name = FILE.search(page[: block.start()])
        found.append((name[1] if name else "", block["code"]))
    return found


@pytest.mark.parametrize("project", ["defaults"], indirect=True)
def test_recipes_of_the_docs_leave_all_checks_green(copy: Project):
    copy.environment["FLASK_DEBUG"] = "1"
    found = recipes(copy)
    assert len(found) >= 10
    for name, code in found:
        if name:
            add(copy.path / name, code)
        elif "flask generate" in code:
            copy.run("bash", "-euo", "pipefail", "-c", code.replace("make migrate check", "make migrate"))
    cli = copy.path / "app/cli.py"
    cli.write_text(cli.read_text().replace("(doctor, hello, seed)", "(cleanup, doctor, hello, seed)"))
    copy.make("format")
    copy.make("migrate")
    copy.make("check")
    assert "Clean." in copy.run(".venv/bin/flask", "cleanup")
    assert "greeting" in copy.run(".venv/bin/flask", "generate", "--list")
    with copy.serving("run") as url:
        assert 'aria-current="page">About' in get(f"{url}/about").text
