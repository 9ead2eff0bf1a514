"""The questions of `make new`: a name, a kind of project, what the kind leaves open, and a review before anything is written.

Arrow keys choose where the terminal has them; elsewhere numbers are typed.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import yaml
from cookiecutter.config import get_user_config
from prompt_toolkit import prompt
from prompt_toolkit.document import Document
from prompt_toolkit.shortcuts import choice
from prompt_toolkit.validation import ValidationError, Validator

from flask_starter.answers import CHECKS, ROOT, Refused, git_identity, slug
from flask_starter.call import free_name, options

# Each kind of project: its name, what is in it, and the options that it leaves open.
KINDS = {
    "site": ("A web app", "pages, REST API, Docker Compose", ("database", "auth")),
    "minimal": ("Something small", "pages and SQLite, nothing else", ()),
    "api": ("An API", "OpenAPI, PostgreSQL, Prometheus, Kubernetes", ("auth",)),
    "full": ("Everything", "accounts, jobs, cache, OpenTelemetry, Docker Compose", ()),
}
EVERY_OPTION = ("every", "Let me choose every option")
CREATE, CHANGE, CANCEL = "create", "change", "cancel"
UNKNOWN_AUTHOR = {"name": "Your Name", "email": "you@example.com"}

Answers = dict[str, Any]


def has_keys() -> bool:
    """Check whether the terminal can move a cursor, as menus need it."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Checked(Validator):
    """What is typed must pass a check.

    Parameters:
        check: raises `Refused` with the reason.
        default: what Enter alone means.
    """

    def __init__(self, check: Callable[[str], None], default: str) -> None:
        """Keep both."""
        self.check, self.default = check, default

    def validate(self, document: Document) -> None:
        """Show the reason below the line."""
        try:
            self.check(document.text or self.default)
        except Refused as reason:
            raise ValidationError(message=f"It {reason}.") from None


def ask_text(message: str, default: str, check: Callable[[str], None]) -> str:
    """Ask for a line of text until `check` accepts it."""
    if has_keys():
        checked = Checked(check, default)
        return prompt(f"{message} ({default}): ", validator=checked, validate_while_typing=False) or default
    while True:
        typed = click.prompt(message, default, prompt_suffix=": ")
        try:
            check(typed)
        except Refused as reason:
            click.echo(f"  It {reason}.")
        else:
            return str(typed)


def ask_choice(message: str, choices: Mapping[str, str], default: str) -> str:
    """Ask for one of the `choices`, from value to label."""
    if has_keys():
        return choice(message, options=list(choices.items()), default=default)
    values = list(choices)
    click.echo(message)
    for number, label in enumerate(choices.values(), 1):
        click.echo(f"  {number} - {label}")
    number = click.prompt("Choose", values.index(default) + 1, type=click.IntRange(1, len(values)))
    return values[number - 1]


def labels(option: str) -> dict[Any, str]:
    """Return what an option's values are called in its question."""
    words = options()["__prompts__"][option]
    if isinstance(words, str):
        return {False: "No", True: "Yes"}
    return {value: label for value, label in words.items() if value != "__prompt__"}


def question(option: str) -> str:
    """Return the text of an option's question."""
    words = options()["__prompts__"][option]
    return words if isinstance(words, str) else str(words["__prompt__"])


def ask_option(option: str, answers: Answers, folder: Path) -> None:
    """Ask for one option; the answer so far is the default."""

    def check(text: str) -> None:
        CHECKS[option](text)
        if option == "project_slug" and (folder / text).exists():
            raise Refused(f"cannot be {text!r}: that folder exists already")

    if option in CHECKS:
        answers[option] = ask_text(question(option), str(answers[option]), check)
        return
    names = {str(value): label for value, label in labels(option).items()}
    chosen = ask_choice(question(option), names, str(answers[option]))
    answers[option] = chosen == "True" if isinstance(answers[option], bool) else chosen


def start(name: str, kind: str, folder: Path) -> Answers:
    """Return all answers of a kind of project, before any other question.

    They are the template's defaults, then those of the user's own configuration of Cookiecutter, then the preset's.
    """
    table = {option: value for option, value in options().items() if not option.startswith("_")}
    answers = {option: value[0] if isinstance(value, list) else value for option, value in table.items()}
    for part in ("name", "email"):
        answers[f"author_{part}"] = git_identity(part) or UNKNOWN_AUTHOR[part]
    for option, value in get_user_config()["default_context"].items():
        if option in table and (not isinstance(table[option], list) or value in table[option]):
            answers[option] = value
    if (preset := ROOT / "presets" / f"{kind}.yaml").exists():
        answers |= yaml.safe_load(preset.read_text(encoding="utf-8"))["default_context"]
    if not shutil.which(answers["dependency_manager"]):
        answers["dependency_manager"] = "venv"  # needs nothing that is not there
    return answers | {"project_name": name, "project_slug": free_name(slug(name), folder)}


def review(answers: Answers, folder: Path) -> str:
    """Show what is going to be written; return what to do."""
    click.echo(f"\n{answers['project_name']}, in {os.path.relpath(folder / answers['project_slug'])}")
    for option in answers:
        if option not in ("project_name", "project_slug"):
            value = (
                answers[option] if option in CHECKS else labels(option)[answers[option]].partition(" (")[0]
            )
            click.echo(f"  {question(option).partition(':')[0]:<29} {value}")
    click.echo()
    return ask_choice(
        "Create it?", {CREATE: "Create it", CHANGE: "Change something", CANCEL: "Cancel"}, CREATE
    )


def run(folder: Path) -> list[str] | None:
    """Ask; return the words for Cookiecutter's command line, or None when nothing is to be written.

    Parameters:
        folder: where the project's own folder goes.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C; nothing is written.
        click.Abort: the input ended.
    """
    name = ask_text(question("project_name"), options()["project_name"], CHECKS["project_name"])
    kinds = {kind: f"{label}: {contents}" for kind, (label, contents, _) in KINDS.items()}
    kind = ask_choice("What are you building?", kinds | dict([EVERY_OPTION]), "site")
    if kind == EVERY_OPTION[0]:
        return [f"project_name={name}"]
    answers = start(name, kind, folder)
    unknown = ["author_name"] if answers["author_name"] == UNKNOWN_AUTHOR["name"] else []
    for option in (*KINDS[kind][2], *unknown):
        ask_option(option, answers, folder)
    while (decision := review(answers, folder)) == CHANGE:
        changed = ask_choice("Change what?", {option: question(option) for option in answers}, "project_slug")
        ask_option(changed, answers, folder)
    if decision == CANCEL:
        return None
    return ["--no-input", *(f"{option}={value}" for option, value in answers.items())]
