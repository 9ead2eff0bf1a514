"""The portable spelling has names for every file system and gives the same projects, byte for byte."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from contexts import CONTEXTS
from workspace import TEMPLATE, tree

# What Windows refuses: these characters, a dot or a space at the end, the names of devices.
REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


@pytest.fixture(scope="module")
def portable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template in the portable spelling."""
    folder = tmp_path_factory.mktemp("template") / "flask-starter"
    subprocess.run([sys.executable, TEMPLATE / "tools" / "portable.py", folder], check=True)
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
def test_both_spellings_give_the_same_project(portable: Path, tmp_path: Path, context: str):
    projects = []
    for name, template in (("ours", TEMPLATE), ("portable", portable)):
        # Each in a process of its own, as users have it: both have a module of the same name.
        words = [f"{key}={value}" for key, value in CONTEXTS[context].items() if key != "install"]
        command = [sys.executable, "-m", "cookiecutter", str(template), "--no-input", "--default-config"]
        target = tmp_path / name
        done = subprocess.run(
            [*command, "-o", str(target), *words, "install=false"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        projects.append(next(target.iterdir()))
    ours, theirs = map(tree, projects)
    assert ours == theirs
    assert refused(projects[0]) == []
    assert not [name for name, content in ours.items() if b"\r" in content]


def test_cruft_finds_the_portable_tree_without_a_link(portable: Path):
    names = [path.name for path in portable.glob("*cookiecutter.*") if path.is_dir()]
    assert len(names) == 1
    assert "{{" in names[0]
    assert "}}" in names[0]
