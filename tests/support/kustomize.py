"""Kustomize, as a program of its own or inside kubectl."""

import shutil
import subprocess
from functools import cache
from pathlib import Path


@cache
def command() -> list[str] | None:
    """Give the command that renders a folder, or None: components need Kustomize 4, which kubectl holds since 1.21."""
    if program := shutil.which("kustomize"):
        return [program, "build"]
    if program := shutil.which("kubectl"):
        said = subprocess.run([program, "version", "--client"], capture_output=True, text=True).stdout
        if "Kustomize Version" in said:  # older ones do not name it
            return [program, "kustomize"]
    return None


def render(folder: Path) -> str:
    """Give the manifests of an overlay."""
    done = subprocess.run([*(command() or ["kustomize", "build"]), folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
