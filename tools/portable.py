"""Write a copy of the template in a spelling that every file system allows: `make portable ARGS=FOLDER`.

`<` must not stand in a file's name on Windows. Only the spelling of the delimiters differs, in the
tree's name and wherever they are used; `{{=` is no beginning that Flask's own pages have, and a name
with `{{ }}` is what cruft looks for, so that the copy needs no link either.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TREE = "<<cookiecutter.project_slug>>"
SHIPPED = ("cookiecutter.json", "flask_starter", "hooks", "presets", "templates", "LICENSE", ".gitattributes")
RENDERED = ("cookiecutter.json", "hooks", "templates", TREE)
OPEN, CLOSE = "{{=", "=}}"
VARIABLE = re.compile(r"<<(.+?)>>")
# In cookiecutter.json the delimiters stand alone, too.
ALONE = {'"<<"': f'"{OPEN}"', '">>"': f'"{CLOSE}"'}

README = """# flask-starter, for every file system

This is the same template as on the branch `main`, with names that Windows allows. It is written by `make portable`; change `main`.

    cookiecutter gh:org/flask-starter --checkout portable
"""


def respell(text: str) -> str:
    """Return `text` with the delimiters of variables in the portable spelling.

    Raises:
        ValueError: The portable ones are in it already.
    """
    if OPEN in text or CLOSE in text:
        raise ValueError(f"{OPEN} or {CLOSE} is in the template: choose other delimiters")
    for old, new in ALONE.items():
        text = text.replace(old, new)
    return VARIABLE.sub(rf"{OPEN}\1{CLOSE}", text)


def write(folder: Path) -> None:
    """Write the copy into `folder`, which must be empty or new."""
    command = ["git", "ls-files", "-zco", "--exclude-standard", *SHIPPED, TREE]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.strip("\0").split("\0"):
        if not (ROOT / name).is_file():
            continue
        target = folder / respell(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
        if name.startswith(RENDERED):
            target.write_bytes(respell(target.read_bytes().decode()).encode())
    (folder / "README.md").write_text(README, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where: make portable ARGS=../portable")
    copy = Path(sys.argv[1])
    if copy.exists() and any(copy.iterdir()):
        sys.exit(f"{copy} is not empty: choose another folder")
    write(copy)
