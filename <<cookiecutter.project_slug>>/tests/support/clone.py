"""An empty clone that the set-up script takes for its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import bootstrap

Commands = list[tuple[str, ...]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty clone that the script takes for its own."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / ".env.example").write_text("# why\nSECRET_KEY=\nDATABASE_URL='sqlite:///dev.db'\n")
    (tmp_path / ".python-version").write_text(".".join(map(str, sys.version_info[:2])) + "\n")
    pyproject = '[project]\ndependencies = ["flask"]\n[dependency-groups]\ndev = []\n'
    (tmp_path / "pyproject.toml").write_text(pyproject)
    (tmp_path / bootstrap.BIN).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Return the list of commands that would have run."""
    ran: Commands = []
    monkeypatch.setattr(bootstrap, "run", lambda *words: ran.append(tuple(map(str, words))))
    monkeypatch.setattr("shutil.which", lambda name, path=None: name)
    return ran
