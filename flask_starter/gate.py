"""The gate that everything Cookiecutter renders passes: only the template's own text is a template.

Cookiecutter renders answers that come by `key=value`, a file or cruft as Jinja source, so that an
answer could run code. Here whatever the template did not write itself is carried as plain text, and
before a text of our own is rendered, the answers it could see are checked. One place thus covers
prompts, `--no-input`, replay files and cruft, and nothing has been written when it refuses.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import click
from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from rich.prompt import Prompt

from flask_starter.answers import CHECKS, ROOT, TREE, Refused
from flask_starter.call import (
    begin,
    can_ask,
    check_folder,
    check_names,
    free_name,
    options,
    output_folder,
    truth,
)
from flask_starter.trouble import guard

# What running the tree in place leaves in it.
LEFTOVERS = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".venv", "instance"}


def _strings(value: object) -> Iterator[str]:
    """Yield every string inside the JSON `value`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


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
        self._options = options()
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
            return _Rendering(self._begin, self._check)
        if self._writing and not os.path.isabs(source):
            # The path of a file; Cookiecutter passes over one without a name.
            return _Rendering(
                lambda **context: source if self._wanted(source, **context) else "", self._check
            )
        render = self._compile(source).render if source in self._own else lambda **_context: source
        return _Rendering(render, self._check)

    def _begin(self, **context: Any) -> str:
        """Return the project's folder, which Cookiecutter makes next."""
        name = self._compile(self._tree).render(**context)
        guard(output_folder() / name)
        begin()
        return name

    def _wanted(self, path: str, cookiecutter: dict[str, Any], **_context: Any) -> bool:
        """Tell whether the file `path` belongs to the answers.

        One that does not is never written, instead of removed later: with `-f` it may be the user's own.
        """
        path = path.replace(os.sep, "/")
        return not LEFTOVERS.intersection(path.split("/")) and all(
            cookiecutter[option] in values
            for owned, owners in self._options["_owned_paths"].items()
            if f"{path}/".startswith(f"{owned}/")
            for option, values in owners.items()
        )

    def _check(self, answers: dict[str, Any]) -> None:
        if not self._accepted:
            check_names()
        for key, value in list(answers.items()):
            if key in self._options and self._accepted.get(key) != value and not key.startswith("_"):
                self._accepted[key] = answers[key] = self._accept(key, value, answers)

    def _accept(self, key: str, value: Any, answers: dict[str, Any]) -> Any:
        """Return `value`, or what is typed in its place; refuse when there is nobody to ask."""
        while True:
            try:
                if isinstance(choices := self._options[key], list) and value not in choices:
                    raise Refused(f"cannot be {value!r}: type one of {', '.join(choices)}")
                if isinstance(self._options[key], bool):
                    value = truth(value)
                if key in CHECKS:
                    CHECKS[key](str(value))
                if key == "project_slug":
                    check_folder(str(value))
            except Refused as reason:
                if not can_ask():
                    raise FailedHookException(f"{key} {reason}") from None
                # The question stands above, so the option's own name would only puzzle.
                width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 1000
                click.echo(textwrap.fill(f"It {reason}.", width, initial_indent="  ", subsequent_indent="  "))
                default = self._compile(self._options[key]).render(cookiecutter=answers)
                if key == "project_slug":
                    default = free_name(default, output_folder())
                value = Prompt.ask(f"  {self._options['__prompts__'][key]}", default=default)
            else:
                return value


def register(environment: Environment) -> None:
    """Put the gate in front of `environment`."""
    Gate(environment)
