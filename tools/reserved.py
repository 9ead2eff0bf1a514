"""Write down what every choice together installs, so that no project is called like one of its packages."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from flask_starter.answers import TREE  # noqa: E402


def main() -> None:
    """Resolve the requirements of the raw tree, in which every option is on."""
    tables = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))
    groups = tables["dependency-groups"].values()
    asked = [*tables["project"]["dependencies"], *(name for group in groups for name in group)]
    command = "uv pip compile --quiet --universal --no-annotate --no-header --python-version 3.11 -"
    done = subprocess.run(
        command.split(), input="\n".join(asked), stdout=subprocess.PIPE, text=True, check=True
    )
    names = sorted(set(re.findall(r"^([A-Za-z0-9._-]+)==", done.stdout, re.MULTILINE)))
    (ROOT / "flask_starter" / "reserved.txt").write_text("\n".join(names) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
