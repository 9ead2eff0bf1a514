"""Judges of the files of CI: zizmor for holes, check-jsonschema for keys. Neither needs a network."""

import os
import subprocess
from pathlib import Path

from support import TEMPLATE

UV = [TEMPLATE / ".venv/bin/uv", "tool", "run", "--quiet", "--with-requirements", "tests/judges/ci.txt"]
# The schemas that come with check-jsonschema, and the files that follow them.
SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "custom.github-workflows-require-timeout": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.gitlab-ci": ".gitlab-ci.yml",
    "vendor.renovate": "renovate.json",
    "vendor.compose-spec": "ci/compose.yaml",
}
Verdict = subprocess.CompletedProcess[str]


def zizmor(*folders: Path) -> Verdict:
    """Look for holes in the workflows and in the settings of Dependabot, as strictly as zizmor can.

    Parameters:
        folders: the projects.
    """
    return run("zizmor", "--offline", "--no-progress", "--quiet", "--persona=pedantic", *folders)


def schema(name: str, *folders: Path) -> Verdict:
    """Hold files against their schema.

    Parameters:
        name: which of `SCHEMAS`.
        folders: the projects; not every one must have such a file.
    """
    paths = [path for folder in folders for path in sorted(folder.glob(SCHEMAS[name]))]
    assert paths, f"there is no {SCHEMAS[name]}"
    return run("check-jsonschema", "--builtin-schema", name, *paths)


def run(tool: str, *words: str | Path) -> Verdict:
    """Run a judge, without asking anybody who it is."""
    return subprocess.run(
        [*UV, "--from", tool, tool, *words],
        cwd=TEMPLATE,
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
