"""The portable spelling has names for every file system and gives the same projects, byte for byte."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from contexts import CONTEXTS
from rendering import rendered
from workspace import TEMPLATE, home, tree

# What is rendered once is asked many things, so one worker takes them all.
pytestmark = pytest.mark.xdist_group("portable")

# What Windows refuses: these characters, a dot or a space at the end, the names of devices.
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)

# Not in the process of the tests: both spellings have a module of the same name.
RENDER = """
import json, sys
from pathlib import Path
from cookiecutter.main import cookiecutter
for context, answers in json.load(sys.stdin).items():
    Path(context).mkdir()
    cookiecutter(sys.argv[1], no_input=True, default_config=True, output_dir=context, extra_context=answers)
"""


@pytest.fixture(scope="module")
def portable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template in the portable spelling."""
    folder = tmp_path_factory.mktemp("template") / "flask-starter"
    subprocess.run([sys.executable, TEMPLATE / "tools" / "portable.py", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def projects(portable: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of all projects that the portable spelling gives, each in one of its context's name."""
    folder = tmp_path_factory.mktemp("projects")
    answers = {name: context | {"install": False} for name, context in CONTEXTS.items()}
    done = subprocess.run(
        [sys.executable, "-c", RENDER, portable],
        cwd=folder,
        env=home(folder / "home"),
        input=json.dumps(answers),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def refused(folder: Path) -> list[str]:
    """Return the paths below `folder` that Windows refuses, or cannot tell from each other."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if ".git" not in path.parts]
    small = [str(path).lower() for path in paths]
    return [
        str(path)
        for path in paths
        if any(REFUSED.search(part) for part in path.parts) or small.count(str(path).lower()) > 1
    ]


def test_names_of_the_portable_template_are_legal_everywhere(portable: Path):
    assert refused(portable) == []
    assert not [path for path in portable.rglob("*") if path.is_symlink()]


def test_illegal_names_are_noticed():
    assert refused(TEMPLATE)


@pytest.mark.parametrize("context", CONTEXTS)
def test_both_spellings_give_the_same_project(projects: Path, context: str):
    ours = tree(rendered(context))
    # Only a template with a public address names itself in its projects.
    ours.pop(".cruft.json", None)
    assert ours == tree(projects / context / CONTEXTS[context]["project_slug"])
    assert refused(projects / context) == []
    assert not [name for name, content in ours.items() if b"\r" in content]


def test_cruft_finds_the_portable_tree_without_a_link(portable: Path):
    names = [path.name for path in portable.glob("*cookiecutter.*") if path.is_dir()]
    assert len(names) == 1
    assert "{{" in names[0]
    assert "}}" in names[0]
