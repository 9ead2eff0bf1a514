"""What a release is called and says, for the workflow that tags it: `python tools/release.py` prints the notes.

The version is that of pyproject.toml, the notes are its section of CHANGELOG.md. `--tag` prints the tag alone.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def version(root: Path) -> str:
    """Return the version of pyproject.toml.

    Raises:
        SystemExit: it is neither 1.2.3 nor 1.2.3-rc1.
    """
    found = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if not re.fullmatch(r"\d+\.\d+\.\d+(?:-rc\d+)?", found):
        sys.exit(f"pyproject.toml: the version {found} is neither like 1.2.3 nor like 1.2.3-rc1")
    return str(found)


def notes(root: Path) -> str:
    """Return what CHANGELOG.md says of this version.

    Raises:
        SystemExit: it says nothing, what is unreleased stands above it, or the version has its tag.
    """
    number = version(root)
    tags = subprocess.run(
        ["git", "tag", "--list", f"v{number}"], cwd=root, capture_output=True, text=True, check=True
    )
    if tags.stdout:
        sys.exit(f"v{number} is released already: raise the version in pyproject.toml")
    log = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"(?ms)^## \[([^\]]+)\][^\n]*\n(.*?)(?=^## |\Z)", log))
    if sections.get("Unreleased", "").strip():
        sys.exit(f"CHANGELOG.md: give what is unreleased the heading ## [{number}] and a date")
    if not sections.get(number, "").strip():
        sys.exit(f"CHANGELOG.md has no section ## [{number}]")
    return str(sections[number]).strip()


def main() -> None:
    """Print the notes, or the tag."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tag", action="store_true", help="print the tag alone")
    text = notes(ROOT)
    print(f"v{version(ROOT)}" if parser.parse_args().tag else text)


if __name__ == "__main__":
    main()
