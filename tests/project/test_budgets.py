"""What a rendered project makes its owner carry stays below a ceiling, and ceilings only fall.

`python tools/count_lines.py` counts; docs/benchmarks.md has the figures beside their goals. Whoever makes a project
smaller lowers its ceilings here.
"""

import subprocess
from pathlib import Path

import pytest
from rendering import rendered
from workspace import TEMPLATE

from tools.count_lines import MEASURES, measure, python_lines

CEILINGS = {
    "defaults": (1000, 4, 319, 444, 293, 500, 25, 110, 109, 110),
    "minimal": (828, 4, 296, 339, 59, 500, 21, 77, 93, 110),
    "api": (1137, 4, 314, 581, 126, 500, 25, 133, 118, 110),
    "full": (2796, 4, 360, 2434, 310, 500, 27, 230, 132, 110),
}


@pytest.mark.parametrize("context", CEILINGS)
def test_project_is_not_larger_than_its_budget(context: str):
    measured = measure(rendered(context))
    ceilings = dict(zip(MEASURES, CEILINGS[context], strict=True))
    assert {what: count for what, count in measured.items() if count > ceilings[what]} == {}


def test_lines_without_code_do_not_count():
    source = '"""Say\nmore."""\n\n# why\nx = [\n    1,\n\n]\n\n\ndef f():\n    """Explain."""\n    return x\n'
    assert python_lines(source) == 5


def test_larger_project_is_noticed(tmp_path: Path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "README.md").write_text("one\ntwo\n")
    (tmp_path / "app" / "x.py").write_text("x = 1\ny = 2\n")
    (tmp_path / "run.sh").write_text("# a\nb\n")
    (tmp_path / "generators").mkdir()
    (tmp_path / "generators" / "x.jinja").write_text("x\n")
    measured = measure(tmp_path)
    assert [measured[what] for what in MEASURES] == [2, 1, 0, 0, 2, 0, 1, 3, 2, 5]


def test_command_of_the_documentation_prints_the_measures():
    assert "tools/count_lines.py" in (TEMPLATE / "docs" / "benchmarks.md").read_text(encoding="utf-8")
