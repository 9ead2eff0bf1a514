"""Judges of Kubernetes manifests: kubernetes-validate for the schemas, checkov for what is unsafe. Neither needs a network."""

import json
from pathlib import Path
from typing import Any

from python_checkers import Verdict, verdict_of

VERSIONS = ("1.35", "1.36", "1.37")  # of Kubernetes: those that are maintained


def validate(version: str, *files: Path) -> Verdict:
    """Hold manifests against the schema of a version of Kubernetes; unknown keys are mistakes.

    Parameters:
        version: which one.
        files: the manifests.
    """
    return verdict_of(
        "kubernetes-validate", "kubernetes-validate", "--strict", "--kubernetes-version", version, *files
    )


def checkov(folder: Path) -> dict[str, dict[str, set[str]]]:
    """Look for what is unsafe; give for each file the checks that passed and those that failed, as `CHECK Kind/name`.

    Parameters:
        folder: the manifests.
    """
    words = ("--framework", "kubernetes", "--skip-download", "--output", "json", "--directory", folder)
    found: dict[str, Any] = json.loads(verdict_of("checkov", "checkov", *words).stdout)
    assert not found["results"]["parsing_errors"]
    verdicts: dict[str, dict[str, set[str]]] = {path.name: {} for path in folder.iterdir()}
    for kind in ("passed", "failed"):
        for check in found["results"][f"{kind}_checks"]:
            what, _, name = check["resource"].split(".", 2)
            said = f"{check['check_id']} {what}/{name}"
            verdicts[Path(check["file_path"]).name].setdefault(kind, set()).add(said)
    return verdicts
