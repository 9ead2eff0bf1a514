"""The example of a `.env` has a line for whatever the configuration reads."""

import re
from collections.abc import Iterator, Mapping

from app.config import ROOT, DevelopmentConfig, ProductionConfig
from app.core.environment import Environment


class Asked(Mapping[str, str]):
    """An empty environment that remembers what was asked of it."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_every_variable_has_a_line_in_the_example() -> None:
    asked = Asked()
    for config in (DevelopmentConfig, ProductionConfig):
        config(Environment(asked))
    explained = {"FLASK_DEBUG"}  # the flask command's own, in .flaskenv
    explained.update(re.findall(r"\b[A-Z][A-Z_]+\b", (ROOT / ".env.example").read_text("utf-8")))
    # Any variable may be given by a file instead; the example says so once, at the top.
    assert {
        name for name in asked.names if name not in explained and name.removesuffix("_FILE") not in explained
    } == set()
