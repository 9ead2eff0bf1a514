"""Lint and format-check rendered projects by their own settings: `python tools/lint_rendered.py CONTEXT ...`.

The raw tree cannot be linted as it is: lines that branch stand between imports, and options that exclude each other
stand side by side.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/support")]

from rendering import rendered  # noqa: E402

RUFF = Path(sys.executable).with_name("ruff")


def main(contexts: list[str]) -> int:
    """Run Ruff on each context and return whether it found something."""
    failed = False
    for context in contexts:
        for words in (["check", "--quiet", "--output-format=concise"], ["format", "--quiet", "--diff"]):
            done = subprocess.run([RUFF, *words, "."], cwd=rendered(context), check=False)
            failed |= bool(done.returncode)
            print(f"{context}: ruff {words[0]} {'failed' if done.returncode else 'passed'}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
