"""The gate that everything Cookiecutter renders passes: only the template's own text is a template.

Cookiecutter renders answers that come by `key=value`, a file or cruft as Jinja source, so that an
answer could run code. Here whatever the template did not write itself is carried as plain text, and
before a text of our own is rendered, the answers it could see are checked. One place thus covers
prompts, `--no-input`, replay files and cruft, and nothing has been written when it refuses.
"""

import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import click
from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from rich.prompt import Prompt

from flask_starter.answers import CHECKS, ROOT, TREE, Refused, slug

# What running the tree in place leaves in it.
LEFTOVERS = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "instance"}


def _options() -> dict[str, Any]:
    """Return cookiecutter.json as it is on disk, whatever the answers changed in memory."""
    return cast(dict[str, Any], json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8")))


def _strings(value: object) -> Iterator[str]:
    """Yield every string inside the JSON `value`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _call() -> dict[str, Any]:
    """Return the options of the running command line, empty when Cookiecutter is used as a library."""
    context = click.get_current_context(silent=True)
    return context.params if context else {}


class _Rendering:
    """What Cookiecutter gets for a template: the answers are checked before `render` is run."""

    def __init__(self, render: Callable[..., str], check: Callable[[dict[str, Any]], None]) -> None:
        """Keep both functions."""
        self._render, self._check = render, check

    def render(self, **context: Any) -> str:
        """Return the text of the template for `context`."""
        self._check(context["cookiecutter"])
        return self._render(**context)


class Gate:
    """Stands in for `Environment.from_string` of one environment."""

    def __init__(self, environment: Environment) -> None:
        """Take over `from_string` of `environment`."""
        self._compile = environment.from_string
        self._options = _options()
        self._tree = TREE.name
        self._hooks = {path.read_text(encoding="utf-8") for path in (ROOT / "hooks").glob("*.py")}
        delimiters = ("variable_start_string", "block_start_string", "comment_start_string")
        self._marks = [getattr(environment, name) for name in delimiters]
        own = {self._tree, *_strings(self._options)}
        self._own = {text for text in own if self._is_template(text)}
        self._accepted: dict[str, Any] = {}
        self._writing = False
        self._environment, self._get_template = environment, environment.get_template
        environment.from_string = self.from_string  # type: ignore[method-assign, assignment]
        environment.get_template = self.get_template  # type: ignore[method-assign, assignment]

    def _is_template(self, text: str) -> bool:
        return any(mark in text for mark in self._marks)

    def get_template(self, name: str, parent: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """Return the template of a file; most have nothing in them to render, and compiling them costs."""
        if parent is None and (loader := self._environment.loader):
            text = loader.get_source(self._environment, name)[0]
            if not self._is_template(text):
                return _Rendering(lambda **_context: text, self._check)
        return self._get_template(name, parent, *args, **kwargs)

    def from_string(self, source: str, *_args: Any, **_kwargs: Any) -> Any:
        """Return what Cookiecutter shall render for `source`: a template if it is ours, else the text."""
        if source in self._hooks:
            return self._compile(source)
        if source == self._tree:
            self._writing = True
            _hold_interrupts()
        elif self._writing and not os.path.isabs(source) and LEFTOVERS.intersection(source.split(os.sep)):
            source = ""  # Cookiecutter passes over a file without a name
        render = self._compile(source).render if source in self._own else lambda **_context: source
        return _Rendering(render, self._check)

    def _check(self, answers: dict[str, Any]) -> None:
        if not self._accepted:
            self._check_names()
        for key, value in list(answers.items()):
            if key in self._options and self._accepted.get(key) != value and not key.startswith("_"):
                self._accepted[key] = answers[key] = self._accept(key, value)

    def _check_names(self) -> None:
        known = [key for key in self._options if not key.startswith("_")]
        for key in _call().get("extra_context") or ():
            if key not in known:
                guess = get_close_matches(key, known, 1)
                hint = f"did you mean {guess[0]}?" if guess else f"the options are {', '.join(known)}"
                raise FailedHookException(f"There is no option {key}: {hint}")

    def _accept(self, key: str, value: Any) -> Any:
        """Return `value`, or what is typed in its place; refuse when there is nobody to ask."""
        while True:
            try:
                if isinstance(choices := self._options[key], list) and value not in choices:
                    raise Refused(f"cannot be {value!r}: type one of {', '.join(choices)}")
                if key in CHECKS:
                    CHECKS[key](str(value))
                if key == "project_slug":
                    _check_folder(str(value))
            except Refused as reason:
                if _call().get("no_input") is not False or _call().get("replay"):
                    raise FailedHookException(f"{key} {reason}") from None
                click.echo(f"  {key} {reason}.")
                value = Prompt.ask(f"  {self._options['__prompts__'][key]}")
            else:
                return value


def _check_folder(name: str) -> None:
    call = _call()
    folder = Path(call.get("output_dir") or ".", name)
    if "overwrite_if_exists" in call and not call["overwrite_if_exists"] and folder.exists():
        raise Refused(f"cannot be {name!r}: the folder {folder.absolute()} exists already; type another name")


def _hold_interrupts() -> None:
    """Let Ctrl-C wait from the first folder on: the hook, which inherits this, handles it in its time.

    Cookiecutter would leave half a project behind. A program that uses it as a library keeps its own.
    """
    if _call():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def repeat_command(answers: dict[str, Any]) -> list[str]:
    """Return the command, word by word, that gives the project of these `answers` without questions."""
    template = answers.get("_template", str(ROOT))
    if answers.get("_repo_dir") == template:
        template = str(ROOT)
    words = ["cookiecutter", template, "--no-input", "--default-config"]
    if checkout := answers.get("_checkout"):
        words += ["--checkout", checkout]
    for key, default in _options().items():
        if key == "project_slug":
            default = slug(answers["project_name"])
        first = default[0] if isinstance(default, list) else default
        if not key.startswith("_") and answers[key] != first:
            words.append(f"{key}={answers[key]}")
    return [shlex.quote(word) for word in words]


def register(environment: Environment) -> None:
    """Put the gate in front of `environment` and give the hook its command."""
    Gate(environment)
    environment.filters["repeat_command"] = repeat_command
    environment.globals["tool"] = " ".join([Path(sys.argv[0]).stem, *sys.argv[1:2]])
