"""A release is tagged only when its version is new and the changelog has a section for it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from workspace import IDENTITY, TEMPLATE

NOTES = "# Changelog\n\n## [Unreleased]\n{unreleased}\n## [1.2.0-rc1] - 2026-11-29\n\n- Faster.\n\n## [1.1.0]\n\n- Old.\n"


def release(
    folder: Path, version: str, log: str, *words: str, tagged: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the program in a repository of this version and changelog."""
    (folder / "tools").mkdir()
    (folder / "tools/release.py").write_text((TEMPLATE / "tools/release.py").read_text())
    (folder / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    (folder / "CHANGELOG.md").write_text(log)
    (folder / "home").mkdir()
    (folder / "home/.gitconfig").write_text(IDENTITY)
    for command in (
        ["init", "--quiet"],
        ["commit", "--quiet", "--allow-empty", "-m", "x"],
        *([["tag", tagged]] * bool(tagged)),
    ):
        subprocess.run(
            ["git", *command],
            cwd=folder,
            env={"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin"},
            check=True,
        )
    command = [sys.executable, folder / "tools/release.py", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_notes_are_the_section_of_the_version(tmp_path: Path):
    assert release(tmp_path, "1.2.0-rc1", NOTES.format(unreleased="")).stdout == "- Faster.\n"


def test_tag_is_the_version(tmp_path: Path):
    assert release(tmp_path, "1.2.0-rc1", NOTES.format(unreleased=""), "--tag").stdout == "v1.2.0-rc1\n"


def test_changelog_has_a_section_for_the_version():
    version = tomllib.loads((TEMPLATE / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"\n## [{version}] - 20" in (TEMPLATE / "CHANGELOG.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("version", "unreleased", "tagged", "said"),
    [
        ("1.2", "", "", "neither like 1.2.3"),
        ("1.3.0", "", "", "has no section ## [1.3.0]"),
        ("1.2.0-rc1", "\n- New.\n", "", "heading ## [1.2.0-rc1]"),
        ("1.2.0-rc1", "", "v1.2.0-rc1", "released already"),
    ],
)
def test_release_is_refused_in_one_line(
    tmp_path: Path, version: str, unreleased: str, tagged: str, said: str
):
    done = release(tmp_path, version, NOTES.format(unreleased=unreleased), tagged=tagged)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
