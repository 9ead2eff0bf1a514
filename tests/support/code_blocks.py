"""The code on a page of documentation: finding its blocks, and adding them to files as a reader would."""

import re
from pathlib import Path

BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"`((?:app|tests)/[\w/.]+\.\w+)`[^`\n]*:\s*\Z")


def add(path: Path, code: str) -> None:
    """Create a file, or add code to its end and the imports of the code to its top."""
    if not path.exists():
        path.write_text(code, encoding="utf-8")
        return
    imports, _, body = code.rpartition("\n\n\n") if code.startswith(("from ", "import ")) else ("", "", code)
    while imports and not re.fullmatch(r"(?:(?:from|import) .*\n?|\n)*", imports):
        imports, _, more = imports.rpartition("\n\n\n")
        body = f"{more}\n\n\n{body}"
    if not imports and code.startswith("from "):
        imports, body = code, ""
    text = path.read_text(encoding="utf-8")
    last = max(
        match.end() for match in re.finditer(r"^(?:from|import) .*(?:\([^)]*\))?\n", text, re.MULTILINE)
    )
    path.write_text(
        f"{text[:last]}{imports.strip()}\n{text[last:].rstrip()}\n\n\n{body}".rstrip() + "\n",
        encoding="utf-8",
    )
