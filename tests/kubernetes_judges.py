"""Judges of Kubernetes manifests: kubernetes-validate for the schemas, checkov for what is unsafe. Neither needs a network."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from support import TEMPLATE

VERSIONS = ("1.35", "1.36", "1.37")  # of Kubernetes: those that are maintained
Verdict = subprocess.CompletedProcess[str]


def validate(version: str, *files: Path) -> Verdict:
    """Hold manifests against the schema of a version of Kubernetes; unknown keys are mistakes.

    Parameters:
        version: which one.
        files: the manifests.
    """
    return run("kubernetes-validate", "--strict", "--kubernetes-version", version, *files)


def checkov(folder: Path) -> dict[str, dict[str, set[str]]]:
    """Look for what is unsafe; give for each file the names of the checks that failed and of those that were skipped.

    Parameters:
        folder: the manifests.
    """
    words = ("--framework", "kubernetes", "--skip-download", "--output", "json", "--directory", folder)
    found: dict[str, Any] = json.loads(run("checkov", *words).stdout)
    assert not found["results"]["parsing_errors"]
    verdicts: dict[str, dict[str, set[str]]] = {path.name: {} for path in folder.iterdir()}
    for kind in ("passed", "failed", "skipped"):
        for check in found["results"][f"{kind}_checks"]:
            verdicts[Path(check["file_path"]).name].setdefault(kind, set()).add(check["check_id"])
    return verdicts


def run(tool: str, *words: str | Path) -> Verdict:
    """Run a judge, without telling anybody."""
    locked = TEMPLATE / "tests/judges" / f"{tool}.txt"
    return subprocess.run(
        [
            TEMPLATE / ".venv/bin/uv",
            "tool",
            "run",
            "--quiet",
            "--with-requirements",
            locked,
            "--from",
            tool,
            tool,
            *words,
        ],
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
