import re
from pathlib import Path

import pytest

from app.core import versions
from app.core.versions import FLOORS, check_versions, release


def test_package_with_a_known_vulnerability_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not list(check_versions())
    monkeypatch.setattr(versions, "FLOORS", {"flask": "99", "not-installed": "1"})
    (finding,) = check_versions()
    assert (finding.level, finding.subject) == ("error", "flask")
    assert "require flask>=99" in finding.remedy


def test_requirements_let_nothing_in_that_is_vulnerable() -> None:
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    required = dict(re.findall(r'"([a-z0-9-]+)(?:\[[a-z]+\])?>=([0-9.]+)', text))
    assert {"flask", "orjson"} <= required.keys() & FLOORS.keys()
    for name, floor in FLOORS.items():
        assert release(required.get(name, floor)) >= release(floor), name


def test_number_that_is_not_written_is_zero() -> None:
    assert release("6.0") == release("6.0.0") < release("6.0.1.post2") < release("6.1")
