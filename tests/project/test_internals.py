"""A generated project leans on documented interfaces: no private names, no replaced attributes, no upper bounds."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from contexts import CONTEXTS
from internal_names import findings
from raw_tree import TREE
from raw_tree import files as raw_files
from rendering import files, rendered

# A bound needs a published incompatibility.
BOUNDS = {
    "python": "Poetry refuses a project that promises more Pythons than its packages, and some end at 4",
}


def leaning(folder: Path, names: list[str]) -> dict[str, set[str]]:
    """Return what the Python files among `names` lean on, by file."""
    sources = {name: (folder / name).read_text(encoding="utf-8") for name in names if name.endswith(".py")}
    found: dict[str, set[str]] = {}
    for finding in findings(sources):
        found.setdefault(finding.file, set()).add(finding.what)
    return found


def bounds(pyproject: dict[str, Any]) -> set[str]:
    """Return the packages that pyproject.toml holds below a version."""
    requirements = [
        *pyproject["project"]["dependencies"],
        *(name for group in pyproject["dependency-groups"].values() for name in group),
        f"python{pyproject['project']['requires-python']}",
        *(
            f"{name}{version}"
            for name, version in pyproject["tool"].get("poetry", {}).get("dependencies", {}).items()
        ),
    ]
    return {
        re.split(r"[\[<>=~!^ ]", requirement)[0]
        for requirement in requirements
        if re.search(r"<|==|~=|\^", requirement.partition(";")[0])
    }


def test_tree_leans_on_documented_interfaces_alone():
    """The raw tree is Python with every option on."""
    found = leaning(TREE, [path.relative_to(TREE).as_posix() for path in raw_files() if path.is_file()])
    assert found == {}, "use a documented interface"


@pytest.mark.parametrize("context", CONTEXTS)
def test_rendered_files_lean_on_documented_interfaces_alone(context: str):
    folder = rendered(context)
    assert leaning(folder, files(folder)) == {}
    assert bounds(tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))) <= set(BOUNDS)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import flask._compat", "import flask._compat"),
        ("from flask._compat import x", "from flask._compat import x"),
        ("from psycopg.errors import _Wait", "from psycopg.errors import _Wait"),
        ("from gunicorn import util\nutil._x()", "util._x"),
        ("def f(api):\n    return api.spec._fields_map", "api.spec._fields_map"),
        ("class A(Base):\n    def f(self):\n        return self._theirs", "self._theirs"),
        ("def f(app):\n    return getattr(app, '_theirs', None)", "getattr _theirs"),
        ("def t(monkeypatch):\n    monkeypatch.setattr(app, '_theirs', 1)", "setattr _theirs"),
        ("from flask import Flask\n\ndef f(app: Flask):\n    app.ensure_sync = 1", "Flask.ensure_sync ="),
        ("from app import create_app\napp = create_app()\napp.log_exception = 1", "Flask.log_exception ="),
        ("import gunicorn.http\ngunicorn.http.Response = 1", "gunicorn.http.Response ="),
        ("def f(connection):\n    connection.timeout, x = 1, 2", "connection.timeout ="),
        ("import socket\ndel socket.timeout", "socket.timeout ="),
    ],
)
def test_reader_notices_what_is_not_ours(source: str, what: str):
    sources = {"app/__init__.py": "def create_app(): ...", "app/x.py": source}
    assert what in {finding.what for finding in findings(sources)}


@pytest.mark.parametrize(
    "source",
    [
        "from app.x import _ours",
        "from .x import _ours\n_ours()",
        "from gettext import gettext as _\n_('x')",
        "class A:\n    def __init__(self, other):\n        self._ours = other._ours",
        "class Note:\n    title = ''\n\ndef f(note):\n    note.title = 'x'",
        "from flask import Flask\n\ndef f(app: Flask):\n    app.json = app.wsgi_app = app.session_interface = 1",
        "from flask import g\ng.anything = 1",
        "def f(row):\n    return row._mapping, row._asdict()",
        "from flask import Flask\n\ndef f(app: Flask):\n    app.config['X'] = app.extensions['y'] = 1",
    ],
)
def test_reader_leaves_alone_what_is_ours_or_documented(source: str):
    assert findings({"app/x.py": source}) == []


@pytest.mark.parametrize(
    ("requirement", "bound"),
    [("flask>=3,<4", {"flask"}), ("flask[async]~=3.1", {"flask"}), ("flask>=3; python_version < '4'", set())],
)
def test_upper_bounds_are_noticed(requirement: str, bound: set[str]):
    project = {"dependencies": [requirement], "requires-python": ">=3.11"}
    assert bounds({"project": project, "dependency-groups": {"dev": []}, "tool": {}}) == bound
