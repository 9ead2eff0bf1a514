"""The oldest Cookiecutter that is promised, run as many run it: by uvx, from a cache."""

import subprocess
import sys

from workspace import TEMPLATE, Place, tree

UVX = [TEMPLATE / ".venv" / "bin" / "uv", "tool", "run", "--quiet", "--python", sys.executable]
# 2.6 hands yes and no on as text.
WORDS = ("project_name=Shop", "auth=true", "install=false")


def test_oldest_cookiecutter_gives_the_same_project(place: Place):
    command = [*UVX, "--from", "cookiecutter==2.6.0", "cookiecutter", TEMPLATE, "--no-input", *WORDS]
    older = place.target / "older"
    older.mkdir()
    done = subprocess.run(command, cwd=older, env=place.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n  uvx cookiecutter " in done.stdout
    assert place.run(*WORDS).returncode == 0
    assert tree(older / "shop") == tree(place.target / "shop")


def test_older_ones_are_refused_in_one_line(place: Place):
    command = [*UVX, "--from", "cookiecutter==2.5.0", "cookiecutter", TEMPLATE, "--no-input"]
    done = subprocess.run(
        command, cwd=place.target, env=place.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == "This template needs Cookiecutter 2.6 or later: pip install -U cookiecutter\n"
    assert list(place.target.iterdir()) == []
