"""The answers that the tests bake.

CONTEXTS are set up and run: the defaults, the presets, and every pair of two values that decide about code or
commands. RENDERED are only rendered and read: with them every pair of every two options is there.
"""

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
# What no line of Python and no package depends on: these decide about files that the project itself never reads.
FILES_ONLY = ("deployment", "ci", "license", "python_version")
RUNNING = [name for name in OPTIONS if name not in FILES_ONLY]
# Text is data: each context carries another, so that every check meets every kind of it.
NAMES = [
    "Shop",
    'O\'Neil "the" \\ 한국 😀',
    "한국 가게",
    "Café & <b>Co</b> {{ 7*7 }} << 7*7 >>",
    "متجر $(touch x) `id` %s",
]


Pair = tuple[tuple[str, Any], tuple[str, Any]]


def pairs(answers: Answers, names: list[str]) -> set[Pair]:
    """Return every pair of (option, value) of these options that `answers` holds."""
    return set(combinations([(name, answers[name]) for name in names], 2))


def coverage(contexts: list[Answers], names: list[str]) -> float:
    """Return the share of all pairs of these options that the contexts hold, from 0 to 1."""
    wanted = {
        ((one, value), (other, second))
        for one, other in combinations(names, 2)
        for value in OPTIONS[one]
        for second in OPTIONS[other]
    }
    return len(wanted & set().union(*(pairs(answers, names) for answers in contexts))) / len(wanted)


def defaults() -> Answers:
    """Return what pressing Enter all the way through answers."""
    return {name: values[0] for name, values in OPTIONS.items()}


def presets() -> dict[str, Answers]:
    """Return the answers of each file in presets/, completed by the defaults."""
    return {
        path.stem: defaults() | yaml.safe_load(path.read_text(encoding="utf-8"))["default_context"]
        for path in sorted((TEMPLATE / "presets").glob("*.yaml"))
    }


def covering(given: dict[str, Answers], names: list[str], prefix: str) -> dict[str, Answers]:
    """Return contexts that, together with the given ones, hold every pair of these options.

    The other options take their values in turn.
    """
    # Beginning with the option of most values, fewer contexts hold every pair.
    ordered = sorted(names, key=lambda name: -len(OPTIONS[name]))
    contexts = {}
    for number, values in enumerate(AllPairs([OPTIONS[name] for name in ordered])):
        others = {name: options[number % len(options)] for name, options in OPTIONS.items()}
        contexts[f"{prefix}{number:02}"] = others | dict(zip(ordered, values, strict=True))
    for name in list(contexts):
        rest = [answers for other, answers in (given | contexts).items() if other != name]
        if coverage(rest, names) == 1:
            del contexts[name]
    return contexts


def prepare(contexts: dict[str, Answers]) -> dict[str, Answers]:
    """Return the contexts, each with another text."""
    for number, answers in enumerate(contexts.values()):
        answers["project_name"] = answers["author_name"] = NAMES[number % len(NAMES)]
        # What would end a docstring, and what a shell would run.
        answers["description"] = f'{answers["project_name"]} """ $(touch x)'
        answers["project_slug"] = f"shop-{number}"
        answers["author_email"] = "ann@example.com"
    return contexts


def running_contexts() -> dict[str, Answers]:
    """Return every context that is set up, under its name."""
    contexts = {"defaults": defaults(), **presets()}
    # What many tests serve: everything but the question who asks.
    contexts["open"] = contexts["full"] | {
        "auth": False,
        "observability": "prometheus",
        "dependency_manager": "uv",
    }
    found = covering(contexts, RUNNING, "pair")
    for answers in found.values():
        # Where no pair needs Poetry, take what is set up sooner.
        needed, answers["dependency_manager"] = answers["dependency_manager"], "uv"
        if coverage([*contexts.values(), *found.values()], RUNNING) < 1:
            answers["dependency_manager"] = needed
    return contexts | found


CONTEXTS = prepare(running_contexts())
RENDERED = prepare(covering(CONTEXTS, list(OPTIONS), "rendered"))
