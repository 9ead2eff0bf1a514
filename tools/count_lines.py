"""Count what the owner of a rendered project has to carry: `python tools/count_lines.py [CONTEXT or FOLDER ...]`.

With `--options [TEMPLATE ...]` it counts what options add to the defaults of this or another version of the template.

Lines of Python count without blanks, comments and docstrings; of other files all lines count. Migrations (`migrations/versions`) and `docs/` do not count, and `generators/` counts apart.
"""

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/support")]

from contexts import CONTEXTS  # noqa: E402
from rendering import files, rendered  # noqa: E402

MEASURES = (
    "Python in app/",
    "loose modules in app/",
    "other Python",
    "Python in tests/",
    "Makefile and shell",
    "Python in generators/",
    "files in generators/",
    "files",
    "README lines",
    "longest line of Python",
)
OPTIONS = (
    "auth=true",
    "cache=redis",
    "jobs=celery",
    "observability=prometheus",
    "observability=opentelemetry",
)
WITHOUT_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
}


def python_lines(source: str) -> int:
    """Count the lines of Python that hold code."""
    documented: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        scope = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if scope and ast.get_docstring(node, clean=False) is not None:  # type: ignore[arg-type]
            docstring = node.body[0]  # type: ignore[attr-defined]
            documented.update(range(docstring.lineno, docstring.end_lineno + 1))
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in WITHOUT_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(code - documented)


def measure(project: Path) -> dict[str, int]:
    """Return each of MEASURES for a rendered project."""
    counts = dict.fromkeys(MEASURES, 0)
    for name in files(project):
        path, folder = project / name, name.partition("/")[0]
        counts["files in generators/" if folder == "generators" else "files"] += 1
        if path.suffix == ".py" and folder == "app" and name.count("/") == 1:
            counts["loose modules in app/"] += 1
        if path.suffix in (".mk", ".sh") or path.name == "Makefile":
            counts["Makefile and shell"] += len(path.read_text(encoding="utf-8").splitlines())
        if path.suffix != ".py" or name.startswith(("migrations/versions/", "docs/")):
            continue
        source = path.read_text(encoding="utf-8")
        kind = f"Python in {folder}/" if folder in ("app", "tests", "generators") else "other Python"
        counts[kind] += python_lines(source)
        counts["longest line of Python"] = max(
            counts["longest line of Python"], *map(len, source.splitlines() or [""])
        )
    counts["README lines"] = len((project / "README.md").read_text(encoding="utf-8").splitlines())
    return counts


def print_options(templates: list[str]) -> None:
    """Print what each option adds to the defaults of a template."""
    what = ("Python in app/", "Python in tests/", "files")
    for template in templates or [str(ROOT)]:
        print(f"| {template} | " + " | ".join(what) + " |\n|---|---|---|---|")
        basis: dict[str, int] = {}
        for option in ("license=mit", *OPTIONS):
            with TemporaryDirectory() as folder:
                answers = [option, "project_slug=shop", "install=false"]
                program = str(Path(sys.executable).with_name("cookiecutter"))
                command = [program, template, "--no-input", "--output-dir", folder]
                subprocess.run([*command, *answers], check=True, capture_output=True)
                counts = measure(Path(folder) / "shop")
            added = (str(counts[name] - basis.get(name, 0)) for name in what)
            print(f"| {option if basis else 'defaults'} | " + " | ".join(added) + " |")
            basis = basis or counts


def main(names: list[str]) -> None:
    """Print a table with a column for each project."""
    if names[:1] == ["--options"]:
        print_options(names[1:])
        return
    columns = {
        name: measure(rendered(name) if name in CONTEXTS else Path(name))
        for name in names or ("defaults", "minimal", "api", "full")
    }
    print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for what in MEASURES:
        print(f"| {what} | " + " | ".join(str(counts[what]) for counts in columns.values()) + " |")


if __name__ == "__main__":
    main(sys.argv[1:])
