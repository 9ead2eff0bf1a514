"""The answers that the tests bake: every pair of every two options at least once, the presets, the defaults."""

import json
from itertools import combinations
from typing import Any

import yaml
from allpairspy import AllPairs
from workspace import TEMPLATE

Answers = dict[str, Any]

TABLE = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
OPTIONS: dict[str, list[Any]] = {
    name: [values, not values] if isinstance(values, bool) else values
    for name, values in TABLE.items()
    if isinstance(values, list | bool) and not name.startswith("_")
}
# Text is data: each context carries another, so that every check meets every kind of it.
NAMES = [
    "Shop",
    'O\'Neil "the" \\ 한국 😀',
    "한국 가게",
    "Café & <b>Co</b> {{ 7*7 }} << 7*7 >>",
    "متجر $(touch x) `id` %s",
]


def pairs(answers: Answers) -> set[tuple[tuple[str, Any], tuple[str, Any]]]:
    """Give every pair of (option, value) that `answers` holds."""
    return set(combinations([(name, answers[name]) for name in OPTIONS], 2))


def coverage(contexts: list[Answers]) -> float:
    """Give the share of all pairs that the contexts hold, from 0 to 1."""
    wanted = {
        ((one, value), (other, second))
        for one, other in combinations(OPTIONS, 2)
        for value in OPTIONS[one]
        for second in OPTIONS[other]
    }
    return len(wanted & set().union(*map(pairs, contexts))) / len(wanted)


def defaults() -> Answers:
    """Give what pressing Enter all the way through answers."""
    return {name: values[0] for name, values in OPTIONS.items()}


def presets() -> dict[str, Answers]:
    """Give the answers of each file in presets/, completed by the defaults."""
    return {
        path.stem: defaults() | yaml.safe_load(path.read_text(encoding="utf-8"))["default_context"]
        for path in sorted((TEMPLATE / "presets").glob("*.yaml"))
    }


def all_contexts() -> dict[str, Answers]:
    """Give every context under its name."""
    contexts = {"defaults": defaults(), **presets()}
    # What many tests serve: everything but the question who asks.
    contexts["open"] = contexts["full"] | {"auth": False, "observability": "prometheus"}
    # Beginning with the option of most values, fewer contexts hold every pair.
    names = sorted(OPTIONS, key=lambda name: -len(OPTIONS[name]))
    for number, values in enumerate(AllPairs([OPTIONS[name] for name in names])):
        contexts[f"pair{number:02}"] = dict(zip(names, values, strict=True))
    for name in [name for name in contexts if name.startswith("pair")]:
        others = [answers for other, answers in contexts.items() if other != name]
        if coverage(others) == 1:
            del contexts[name]
    for name in filter(lambda name: name.startswith("pair"), contexts):
        answers = contexts[name]
        # Where no pair needs Poetry, take what is set up sooner.
        needed, answers["dependency_manager"] = answers["dependency_manager"], "uv"
        if coverage(list(contexts.values())) < 1:
            answers["dependency_manager"] = needed
    for number, answers in enumerate(contexts.values()):
        answers["project_name"] = answers["author_name"] = NAMES[number % len(NAMES)]
        # What would end a docstring, and what a shell would run.
        answers["description"] = f'{answers["project_name"]} """ $(touch x)'
        answers["project_slug"] = f"shop-{number}"
        answers["author_email"] = "ann@example.com"
    return contexts


CONTEXTS = all_contexts()
