"""Any text goes in as data and comes back as it was typed, from every file of a whole project."""

import ast
import contextlib
import os
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

import dotenv
import pytest
import yaml
from contexts import TABLE
from cookiecutter.main import cookiecutter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from workspace import TEMPLATE, Place, tree

# What an answer may hold: anything but control characters, line breaks and halves of a surrogate pair.
typed = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=60)
HOSTILE = [
    'O\'Neil "the" \\ 한국 😀',
    '""" \'\'\' \\" \\ ‘’ “” « » `',
    "{{ 7*7 }} {% x %} {# y #} << 7*7 >> # <% for %> # <# z #>",
    "${HOME} $HOME $(touch x) `touch x` %s %(x)s %PATH% ; touch x | & > x",
    "\u05e2\u05d1\u05e8\u05d9\u05ea \u202e\u0645\u062a\u062c\u0631 \u200f e\u0301\u0327 \ufeff \ufffe",
    "# - 1. * _a_ [b](c) <d> &amp; | ~~e~~ ![f](g) <!-- h --> --- === ",
    "__import__('os').system('touch x')",
    "{{ cycler.__init__.__globals__.os.system('touch x') }}",
    "한" * 500,
]


def render(name: str, text: str) -> Path:
    """Return a project whose name is `name` and whose other texts are `text`, made without its environment."""
    folder = Path(tempfile.mkdtemp())
    answers = {
        "project_name": name,
        "description": text,
        "author_name": text,
        "author_email": "ann@example.com",
    }
    with (folder / "said").open("w") as said, contextlib.redirect_stdout(said):
        project = cookiecutter(
            str(TEMPLATE),
            no_input=True,
            extra_context={"project_slug": "shop", "install": False} | answers,
            output_dir=str(folder),
            default_config=True,
        )
    return Path(project)


def shown(markdown: str) -> list[str]:
    """Return the text of each block of `markdown` as a reader sees it."""
    blocks = [token for token in MarkdownIt().parse(markdown) if token.type == "inline"]
    return ["".join(child.content for child in block.children or ()) for block in blocks]


def assigned(source: str) -> dict[str, object]:
    """Return every name of `source` that a literal is assigned to, with its value."""
    return {
        node.targets[0].id: node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }


def assert_carried(project: Path, name: str, text: str) -> None:
    """Read every file of `project` by its own format's reader and compare."""
    files = {path: content.decode() for path, content in tree(project).items()}
    metadata = tomllib.loads(files["pyproject.toml"])["project"]
    assert metadata["description"] == text
    assert metadata["authors"] == [{"name": text, "email": "ann@example.com"}]
    settings = assigned(files["app/config.py"])
    assert (settings["APP_NAME"], settings["APP_DESCRIPTION"]) == (name, text)
    assert f" {text}\n" in files["LICENSE"]
    readme = shown(files["README.md"])
    # The blanks at the ends of a line are no text in Markdown, and this reader takes every kind of them away.
    assert [line.strip() for line in readme[:2]] == [name.strip(), text.strip()]
    assert shown(files["AGENTS.md"])[0] == f"Working on {name.strip(' ')}"
    for path, content in files.items():
        assert "\r" not in content, path
        if path.endswith(".py"):
            compile(content, path, "exec")
        elif path.endswith(".toml"):
            tomllib.loads(content)
        elif path.endswith((".yaml", ".yml")):
            list(yaml.safe_load_all(content))
    variables = dotenv.dotenv_values(project / ".env")
    assert variables["DATABASE_URL"] == "sqlite:///dev.db"
    assert len(variables["SECRET_KEY"] or "") == 64
    assert not list(project.parent.rglob("x"))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_carried_and_never_executed(text: str):
    project = render(text, text)
    try:
        assert_carried(project, text, text)
    finally:
        shutil.rmtree(project.parent)


@example("- [ ] a", "+ b")
@example("1) a", "    code")
@settings(
    max_examples=10,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(name=typed.filter(str.strip), text=typed.filter(str.strip))
def test_any_text_is_carried(name: str, text: str):
    project = render(name, text)
    try:
        assert_carried(project, name, text)
    finally:
        shutil.rmtree(project.parent)


@pytest.mark.parametrize("way", ["key=value", "config file", "prompt"])
def test_no_way_in_executes_an_answer(tmp_path: Path, way: str):
    place, text = Place(tmp_path), " ".join(HOSTILE[:8])
    if way == "key=value":
        done = place.run(
            f"project_name={text}",
            f"description={text}",
            f"author_name={text}",
            "project_slug=shop",
            "install=false",
        )
    elif way == "config file":
        answers = {"project_name": text, "description": text, "author_name": text, "project_slug": "shop"}
        config = place.root / "answers.yaml"
        config.write_text(yaml.safe_dump({"default_context": answers}), encoding="utf-8")
        done = place.run("--config-file", str(config), "install=false")
    else:
        questions = {name: "" for name in TABLE if not name.startswith("_")}
        answers = {"project_name": text, "description": text, "author_name": text, "project_slug": "shop"}
        done = place.run(answers="\n".join((questions | answers | {"install": "n"}).values()) + "\n")
    assert done.returncode == 0, done.stdout + done.stderr
    read = tomllib.loads((place.target / "shop" / "pyproject.toml").read_text("utf-8"))
    assert read["project"]["description"] == text
    make = subprocess.run(["make", "-n", "run"], cwd=place.target / "shop", capture_output=True, text=True)
    assert make.returncode == 0, make.stderr
    assert not [path for path in tmp_path.rglob("x") if "bin" not in path.parts]
    assert place.outside() == []
