"""What an answer may be: the derived defaults and one check per question."""

import keyword
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment
from slugify import slugify

ROOT = Path(__file__).resolve().parent.parent
# The other one of that name is the link for cruft, or a file where links cannot be checked out.
[TREE] = [
    path for path in ROOT.glob("*cookiecutter.project_slug*") if path.is_dir() and not path.is_symlink()
]
SLUG_LIMIT = 50
TEXT_LIMIT = 1000
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_MAILBOX = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_WINDOWS = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
_REQUIREMENT = re.compile(r'^\s*"([A-Za-z0-9][A-Za-z0-9._-]*)', re.MULTILINE)


class Refused(ValueError):
    """An answer that cannot be used; the message says why and what to type."""


@cache
def _requirements() -> frozenset[str]:
    """Return the names of the distributions that a project may install, what they need included."""
    asked = _REQUIREMENT.findall((TREE / "pyproject.toml").read_text(encoding="utf-8"))
    needed = (Path(__file__).parent / "reserved.txt").read_text(encoding="utf-8").split()
    return frozenset(re.sub(r"[._-]+", "-", name.lower()) for name in (*asked, *needed))


def _reserved(slug: str) -> str:
    """Return why the well-formed `slug` is taken, or an empty string."""
    module = slug.replace("-", "_")
    if keyword.iskeyword(module):
        return "is a Python keyword"
    if module in sys.stdlib_module_names:
        return "is a module of Python's standard library"
    if _WINDOWS.fullmatch(slug):
        return "is a device name on Windows"
    if slug in _requirements():
        return "is a package that the project installs"
    return ""


def slug(name: str) -> str:
    """Return a usable slug for the project's `name`, which may be in any script."""
    words = slugify(str(name), max_length=SLUG_LIMIT - 4, word_boundary=True) or "flask"
    if not words[0].isalpha():
        words = f"app-{words}"
    return f"{words}-app" if words == "flask" or _reserved(words) else words


@cache
def _git_settings() -> dict[str, str]:
    try:
        command = ["git", "config", "--null", "--get-regexp", r"^user\.(name|email)$"]
        output = subprocess.run(command, capture_output=True, check=False, timeout=5).stdout.decode(
            errors="replace"
        )
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(setting.split("\n", 1) for setting in output.split("\0") if "\n" in setting)


def git_identity(part: str) -> str:
    """Return the user's `name` or `email` as git knows it, or an empty string."""
    value = _git_settings().get(f"user.{part}", "").strip()
    try:
        CHECKS[f"author_{part}"](value)
    except Refused:
        return ""
    return value


def _text(value: str) -> None:
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in value):
        raise Refused("holds a line break or a control character: type it as one line of text")
    if len(value) > TEXT_LIMIT:
        raise Refused(f"has {len(value)} characters: type at most {TEXT_LIMIT}")


def _name(value: str) -> None:
    _text(value)
    if not value.strip():
        raise Refused("is empty: type at least one character")


def _slug(value: str) -> None:
    example = "type lowercase words joined by hyphens, such as my-flask-app"
    if not value:
        raise Refused(f"is empty: {example}")
    if len(value) > SLUG_LIMIT:
        raise Refused(f"has {len(value)} characters: type at most {SLUG_LIMIT}")
    if not _SLUG.fullmatch(value):
        raise Refused(f"cannot be {value!r}: {example}")
    if why := _reserved(value):
        raise Refused(f"cannot be {value!r}, which {why}: type another, such as {value}-app")


def _domain(value: str) -> None:
    labels = value.split(".")
    if len(value) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise Refused(
            f"cannot be {value!r}: type a bare host name such as example.com, without https:// or a path"
        )


def _email(value: str) -> None:
    mailbox, _, domain = value.rpartition("@")
    try:
        if len(mailbox) > 64 or not _MAILBOX.fullmatch(mailbox) or "." not in domain:
            raise Refused
        _domain(domain)
    except Refused:
        raise Refused(f"cannot be {value!r}: type an address such as you@example.com") from None


CHECKS: Mapping[str, Callable[[str], None]] = {
    "project_name": _name,
    "project_slug": _slug,
    "description": _text,
    "author_name": _name,
    "author_email": _email,
    "domain_name": _domain,
}


def register(environment: Environment) -> None:
    """Make the derived defaults known to `environment`."""
    environment.filters["slug"] = slug
    environment.globals["git_identity"] = git_identity
