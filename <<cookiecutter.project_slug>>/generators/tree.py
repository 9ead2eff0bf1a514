"""A project's files with changes that are not written yet."""

import ast
import difflib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from click import ClickException

ROOT = Path(__file__).resolve().parent.parent
# <% if cookiecutter.linter == "ruff" %>
FORMATTERS = (("ruff", "check", "-qn", "--select", "I", "--fix"), ("ruff", "format", "-qn"))
# <% endif %>
# <% if cookiecutter.linter == "black-isort" %>
FORMATTERS = (("isort", "--quiet"), ("black", "--quiet"))
# <% endif %>


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back for the moment in which files are incomplete; the formatter ignores it too."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


class Insertion(NamedTuple):
    """A statement, or an element of a list, that is added to a file.

    Parameters:
        path: the file.
        after: the pattern of the line after which it comes; the last that matches counts.
        code: what is added.
    """

    path: str
    after: str
    code: str


class Tree:
    """The changes to a project: each file's new text by its path, or None if it is deleted."""

    def __init__(self) -> None:
        self.changes: dict[str, str | None] = {}
        self.created: set[str] = set()

    def read(self, path: str) -> str:
        """Return the text of a file with its changes; a file that does not exist is empty."""
        if path in self.changes:
            return self.changes[path] or ""
        file = ROOT / path
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def create(self, path: str, text: str, *, may_exist: bool = False) -> None:
        """Add a file.

        Raises:
            ClickException: it exists.
        """
        if (ROOT / path).exists() and not may_exist:
            raise ClickException(f"{path} exists: type another name, or move the file.")
        self.created.add(path)
        self.changes[path] = text

    def insert(self, insertion: Insertion) -> None:
        """Add code to a file.

        Raises:
            ClickException: the file has no line after which it could come.
        """
        source = self.read(insertion.path)
        if not insertion.path.endswith(".py"):
            self.changes[insertion.path] = f"{source}\n{insertion.code}\n"
            return
        lines = source.split("\n")
        defined = re.match(r"@.*\ndef (\w+)", insertion.code)
        if defined and re.search(rf"^(?:def|from) .*\b{defined[1]}\b", source, re.MULTILINE):
            raise ClickException(f"{insertion.path} has {defined[1]!r} already: type another name.")
        matching = [number for number, line in enumerate(lines, 1) if re.match(insertion.after, line)]
        if not source or not matching:
            raise ClickException(f"{insertion.path} does not exist, or has no line like {insertion.after!r}.")
        number, code = matching[-1], insertion.code
        if code.startswith("from . import ") and not lines[number - 1].startswith("from . "):
            code = f"\n{code}"  # the first one
        if not code.endswith(","):  # an element of a list
            simple = [node for node in statements(source) if not hasattr(node, "body")]
            number = max([number, *(node.end_lineno or 0 for node in simple if node.lineno == number)])
        if code.startswith("if TYPE_CHECKING:\n") and "if TYPE_CHECKING:" in lines:
            number, code = lines.index("if TYPE_CHECKING:") + 1, code.partition("\n")[2]
        self.changes[insertion.path] = "\n".join([*lines[:number], code, *lines[number:]])

    def remove(self, insertion: Insertion) -> None:
        """Remove code that was added to a file, if it is still there."""
        source = self.read(insertion.path)
        if not insertion.path.endswith(".py"):
            self.changes[insertion.path] = source.replace(f"\n{insertion.code}\n", "", 1)
            return
        words = insertion.code.split()
        shared = insertion.path.startswith("app/models/") and "import" in words and "as" not in words
        if shared or insertion.code.startswith("from . "):  # others may need what this line imports too
            self.changes[insertion.path] = drop_unused_imports(source, words[words.index("import") + 1])
            return
        tokens = map(re.escape, re.findall(r"\w+|\S", insertion.code))
        pattern = r"\n *" + r"\s*,?\s*".join(tokens) + r",?(?=\n)"  # however it is formatted
        self.changes[insertion.path] = re.sub(pattern, "", source, count=1)

    @uninterrupted()
    def clean(self) -> None:
        """Remove unused imports from new Python files, and format the changed ones as the project does.

        Raises:
            ClickException: they are no valid Python.
        """
        paths = [path for path, text in self.changes.items() if text is not None and path.endswith(".py")]
        with tempfile.TemporaryDirectory(prefix=".generate-", dir=ROOT) as folder:
            files = [Path(folder, path) for path in paths]  # in the project, whose settings apply
            for path, file in zip(paths, files, strict=True):
                text = self.read(path)
                put(file, (drop_unused_imports(text) if path in self.created else text).encode())
            for command in FORMATTERS if files else ():
                done = subprocess.run([sys.executable, "-m", *command, *files], check=False)  # noqa: S603
                if done.returncode:
                    raise ClickException(f"{command[0]} rejects the generated code; nothing was changed.")
            self.changes |= {path: file.read_text("utf-8") for path, file in zip(paths, files, strict=True)}

    def diff(self, paths: Iterable[str]) -> str:
        """Return the changes of files as a unified diff."""
        parts: list[str] = []
        for path in sorted(paths):
            before = Tree().read(path).splitlines()
            after = (self.changes[path] or "").splitlines()
            parts += difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm="")
        return "\n".join(parts)

    @uninterrupted()
    def write(self) -> list[str]:
        """Write all changes or, after an error, none, and return a line for each; Ctrl-C has to wait.

        Raises:
            ClickException: a file cannot be written.
        """
        before = {path: (ROOT / path).read_bytes() for path in self.changes if (ROOT / path).is_file()}
        try:
            for path, text in self.changes.items():
                put(ROOT / path, None if text is None else text.encode())
        except OSError as error:
            for path in self.changes:
                with suppress(OSError):
                    put(ROOT / path, before.get(path))
            raise ClickException(f"{error}; nothing was changed.") from None
        kept = [path for path, text in self.changes.items() if text is not None]
        verbs = {path: "change" if path in before else "create" for path in kept}
        return [f"{verbs.get(path, 'delete')}  {path}" for path in sorted(self.changes)]


def put(file: Path, content: bytes | None) -> None:
    """Write a file; without content, delete it and the folders that are empty then."""
    if content is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    else:
        file.unlink(missing_ok=True)
        shutil.rmtree(file.parent / "__pycache__", ignore_errors=True)
        with suppress(OSError):
            os.removedirs(file.parent)


def statements(source: str) -> list[ast.stmt]:
    """Return all statements of a module."""
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]


def drop_unused_imports(source: str, only: str = "") -> str:
    """Remove imported names that nothing uses, all of them or one."""
    nodes, lines = list(ast.walk(ast.parse(source))), source.split("\n")
    # Names, and quoted annotations.
    used = {str(getattr(node, "id", getattr(node, "value", ""))).removesuffix(" | None") for node in nodes}
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    for node in sorted(imports, key=lambda node: -node.lineno):
        _, mark, comment = lines[node.lineno - 1].partition("  #")
        names = {alias: alias.asname or alias.name for alias in node.names}
        kept = [alias for alias, name in names.items() if name in used or (only and name != only)]
        if len(kept) < len(node.names) and (only or not mark):
            line = " " * node.col_offset + ast.unparse(ast.ImportFrom(node.module, kept, node.level))
            lines[node.lineno - 1 : node.end_lineno] = [f"{line}{mark}{comment}"] * bool(kept)
    return re.sub(r"^if TYPE_CHECKING:\n(?!    )\n*", "", "\n".join(lines), flags=re.MULTILINE)
