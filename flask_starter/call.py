"""What the running command line asks for: its names, its folder, the template, and the command that repeats it."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

import click
from cookiecutter.config import get_user_config
from cookiecutter.exceptions import FailedHookException
from cookiecutter.prompt import YesNoPrompt
from jinja2 import Environment

from flask_starter.answers import ROOT, Refused, slug

# Below this, a key of a configuration file is another template's rather than a slip of the fingers.
ALIKE = 0.8
# Anybody may read it, so that it holds no path of a machine and no password.
_PUBLIC = re.compile(r"https://[^@\s]+|(ssh://)?git@[\w.-]+[:/][\w./~-]+")
_began: list[float] = []
_YES_OR_NO = dict.fromkeys(YesNoPrompt.yes_choices, True) | dict.fromkeys(YesNoPrompt.no_choices, False)


def options() -> dict[str, Any]:
    """Return cookiecutter.json as it is on disk, whatever the answers changed in memory."""
    return cast(dict[str, Any], json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8")))


def call() -> dict[str, Any]:
    """Return the options of the running command line, empty when Cookiecutter is used as a library."""
    context = click.get_current_context(silent=True)
    return context.params if context else {}


def replayed() -> bool:
    """Tell whether the answers come from an earlier run."""
    return bool(call().get("replay") or call().get("replay_file"))


def can_ask() -> bool:
    """Tell whether somebody sits at the prompt."""
    return call().get("no_input") is False and not replayed()


def output_folder() -> Path:
    """Return the folder in which the project's own is made."""
    return Path(call().get("output_dir") or ".").absolute()


def check_names() -> None:
    """Refuse what Cookiecutter passes over in silence, or with a warning.

    Raises:
        FailedHookException: An option of the command line or of the file named on it does not exist, or
            a configuration file holds a choice that does not, and nobody is asked.
    """
    table = options()
    known = [key for key in table if not key.startswith("_")]
    given = call().get("extra_context")
    extra: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    for key in extra:
        if key not in known:
            guess = get_close_matches(key, known, 1)
            hint = f"did you mean {guess[0]}?" if guess else f"the options are {', '.join(known)}"
            raise FailedHookException(f"There is no option {key}: {hint}")
    if "default_config" not in call() or replayed():
        return
    file = call().get("config_file")
    settings = get_user_config(config_file=file, default_config=call()["default_config"])["default_context"]
    for key, value in settings.items():
        choices = table.get(key)
        if key not in known:
            if file and (guess := get_close_matches(key, known, 1, ALIKE)):
                raise FailedHookException(f"There is no option {key} in {file}: did you mean {guess[0]}?")
        elif key in extra or can_ask():
            continue
        elif isinstance(choices, list) and value not in choices:
            raise FailedHookException(f"{key} cannot be {value!r}: type one of {', '.join(choices)}")
        elif isinstance(choices, bool):
            try:
                truth(value)
            except Refused as reason:
                raise FailedHookException(f"{key} {reason}") from None


def truth(value: Any) -> bool:
    """Return what `value` says; Cookiecutter 2.6 leaves what came by `key=value` as text.

    Raises:
        Refused: It is neither yes nor no.
    """
    if (answer := _YES_OR_NO.get(str(value).lower())) is None:
        raise Refused(f"cannot be {value!r}: type true or false")
    return answer


def free_name(name: str, folder: Path) -> str:
    """Return `name`, or with the first number that nothing in `folder` has yet."""
    names = (name, *(f"{name}-{number}" for number in range(2, 100)))
    return next((each for each in names if not (folder / each).exists()), name)


def check_folder(name: str) -> None:
    """Refuse a folder that exists already or cannot be made.

    Raises:
        Refused: The folder exists, so that another name helps.
        FailedHookException: Nothing can be written there under any name.
    """
    if "overwrite_if_exists" not in call():
        return
    folder = output_folder() / name
    if folder.exists() and not call()["overwrite_if_exists"]:
        raise Refused(f"cannot be {name!r}: the folder {folder} exists already; type another name")
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise FailedHookException(f"Nothing can be written in {nearest}: choose another folder with -o")


def begin() -> None:
    """Note that writing begins, for the hook to tell how long everything took."""
    _began.append(time.time())


def program() -> list[str]:
    """Return the words by which the user calls Cookiecutter."""
    # uvx and pipx run it from a cache of theirs, which is on the PATH for as long as it runs.
    parts = Path(sys.prefix).parts
    if any(part.startswith("archive-v") for part in parts):
        return ["uvx", "cookiecutter"]
    if "pipx" in parts and ".cache" in parts:
        return ["pipx", "run", "cookiecutter"]
    # `make new` keeps it in an environment of its own, off the PATH.
    own = Path(sys.executable).with_name("cookiecutter")
    return ["cookiecutter" if shutil.which("cookiecutter") else str(own)]


def repeat_command(answers: dict[str, Any]) -> list[str]:
    """Return the command, word by word, that gives the project of these `answers` without questions."""
    template = answers.get("_template", str(ROOT))
    if answers.get("_repo_dir") == template:
        template = str(ROOT)
    words = [*program(), template, "--no-input", "--default-config"]
    if checkout := answers.get("_checkout"):
        words += ["--checkout", checkout]
    for key, default in options().items():
        if key == "project_slug":
            default = slug(answers["project_name"])
        first = default[0] if isinstance(default, list) else default
        if not key.startswith("_") and answers[key] != first:
            words.append(f"{key}={answers[key]}")
    return [shlex.quote(word) for word in words]


def chosen() -> list[str]:
    """Return the options that make the project what it is: choices, and yes or no."""
    return [
        key
        for key, value in options().items()
        if isinstance(value, list | bool) and key[0] != "_" and key != "install"
    ]


def git(*words: str) -> str:
    """Return what git says of the template, empty where it says nothing."""
    command = ["git", "-C", str(ROOT), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:  # there is no git
        return ""


def cruft_state(answers: dict[str, Any]) -> dict[str, Any] | None:
    """Return what `cruft create` writes to `.cruft.json`, or None where nobody else could fetch this template.

    That is a copy without git's history, one that was changed, and one whose commit or address is this
    machine's alone. cruft itself writes the file after the hook.
    """
    address = git("config", "--get", "remote.origin.url") if "_output_dir" in answers else ""
    if not _PUBLIC.fullmatch(address) or git("rev-parse", "--show-toplevel") != ROOT.as_posix():
        return None
    commit = git("rev-parse", "HEAD")
    published = git("for-each-ref", "--contains", commit, "--count=1", "refs/remotes", "refs/tags")
    if not published or git("status", "--porcelain"):
        return None
    private = ("_output_dir", "_repo_dir", "_checkout", "_template")
    context = {key: value for key, value in answers.items() if key not in private}
    return {
        "template": address,
        "commit": commit,
        "checkout": answers.get("_checkout"),
        "context": {"cookiecutter": context | {"_template": address, "_commit": commit}},
        "directory": None,
    }


def register(environment: Environment) -> None:
    """Make the command that repeats this run, its answers for cruft and the chosen options known to the hook."""
    environment.filters["repeat_command"] = repeat_command
    environment.filters["cruft_state"] = cruft_state
    environment.globals["chosen"] = chosen()
    environment.globals["began"] = _began[-1] if _began else time.time()
    environment.globals["tool"] = " ".join([Path(sys.argv[0]).stem, *sys.argv[1:2]])
