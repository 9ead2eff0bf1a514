"""Which few contexts show soonest whether a change holds: for `make smoke` and `make test-option`."""

import re
import subprocess

from contexts import CONTEXTS, OPTIONS, TABLE, Answers
from workspace import TEMPLATE

TREE = "<<cookiecutter.project_slug>>/"
# Three contexts take two cores about three minutes.
MOST = 3
CONDITION = re.compile(r"# <% *(?:el)?if (.+?) *%>")


def weight(context: str) -> int:
    """Return how much there is to set up and to test: the options that are on, and Poetry, which is slow."""
    answers = CONTEXTS[context]
    defaults = CONTEXTS["defaults"]
    return sum(answers[name] != defaults[name] for name in OPTIONS) + 3 * (
        answers["dependency_manager"] == "poetry"
    )


def smallest_for(option: str) -> list[str]:
    """Return the smallest context for each value of an option.

    Raises:
        KeyError: There is no such option.
    """
    values = OPTIONS[option]
    return [min((c for c in CONTEXTS if CONTEXTS[c][option] == value), key=weight) for value in values]


def holds(answers: Answers, path: str) -> bool:
    """Return whether a project of these answers has a file of the tree."""
    return all(
        answers[option] in values
        for owned, owners in TABLE["_owned_paths"].items()
        if path == owned or path.startswith(f"{owned}/")
        for option, values in owners.items()
    )


def branches(path: str) -> set[str]:
    """Return the options that lines of a file of the tree depend on."""
    file = TEMPLATE / TREE / path
    source = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    conditions = " ".join(CONDITION.findall(source))
    return {name for name in OPTIONS if f"cookiecutter.{name}" in conditions}


def changed_files() -> list[str]:
    """Return the files that differ from where this branch left main, uncommitted ones included."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=TEMPLATE, capture_output=True, text=True, check=False)
        return "" if done.returncode else done.stdout

    base = git("merge-base", "HEAD", "origin/main").strip() or "HEAD"
    changed = git("diff", "--name-only", "-z", base) + git("ls-files", "-zo", "--exclude-standard")
    return sorted(set(filter(None, changed.split("\0"))))


def contexts_for(files: list[str]) -> list[str]:
    """Return the defaults and the smallest contexts that changed files belong to, at most MOST.

    A file that branches is seen from another side by the context that differs most from the defaults in its options.
    """
    chosen = ["defaults"]
    for path in (name.removeprefix(TREE) for name in files if name.startswith(TREE)):
        holding = [context for context in CONTEXTS if holds(CONTEXTS[context], path)]
        options = branches(path)

        def other_side(context: str, options: set[str] = options) -> int:
            return sum(CONTEXTS[context][name] != CONTEXTS["defaults"][name] for name in options)

        sides = [context for context in chosen if context in holding]
        if holding and (not sides or (options and not max(map(other_side, sides)))):
            chosen.append(min(holding, key=lambda context: (-other_side(context), weight(context))))
    return chosen[:MOST]


def chosen(words: str) -> list[str]:
    """Return the contexts that a command line names.

    Parameters:
        words: names with commas between, `changed`, or `option=NAME`.

    Raises:
        KeyError: There is no such context or option.
    """
    if words == "changed":
        return contexts_for(changed_files())
    if words.startswith("option="):
        return sorted(set(smallest_for(words.removeprefix("option="))))
    return [name for name in words.split(",") if CONTEXTS[name]]
