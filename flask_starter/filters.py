"""One filter per format, each giving the inside of a double-quoted literal (or plain text) in it."""

import html as _html
import json as _json
import re

from jinja2 import Environment

# What YAML calls printable; everything else must be written as an escape.
_YAML_UNPRINTABLE = re.compile("[^\t\n -~\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&$!])")
_MARKDOWN_LEADING = re.compile(r"^(\s*)([-+=]|\d+(?=[.)]))")


def json(value: object) -> str:
    """Return `value` as one line of JSON, keys in their own order."""
    return _json.dumps(value)


def toml(value: object) -> str:
    """Return `value` escaped for a TOML basic string."""
    # JSON's escapes are a subset of TOML's, as long as an emoji is not split in two surrogates.
    return _json.dumps(str(value), ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f")


def python(value: object) -> str:
    """Return `value` escaped for a double-quoted Python string, a docstring included."""
    # \x22 and not \": a formatter would turn a string full of \" into a single-quoted one.
    return _json.dumps(str(value), ensure_ascii=False)[1:-1].replace('\\"', "\\x22")


def yaml(value: object) -> str:
    """Return `value` escaped for a double-quoted YAML scalar."""
    return _YAML_UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", toml(value))


def dotenv(value: object) -> str:
    """Return `value` escaped for a double-quoted value that python-dotenv reads."""
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    # Interpolation has no escape; an empty name with a default gives the dollar back.
    return text.replace("${", "${:-$}{")


def html(value: object) -> str:
    """Return `value` escaped for the text or a quoted attribute of a Jinja page."""
    # The braces too: the page is itself a template, and the answer must not be code in it.
    return _html.escape(str(value)).replace("{", "&#123;").replace("}", "&#125;")


def markdown(value: object) -> str:
    """Return `value` escaped for a line of Markdown text."""
    # Four spaces at the beginning would make it code; at the ends they are no text in Markdown.
    text = _MARKDOWN_SPECIAL.sub(r"\\\1", str(value).strip(" "))
    return _MARKDOWN_LEADING.sub(lambda m: m[1] + (m[2] + "\\" if m[2].isdigit() else "\\" + m[2]), text)


def register(environment: Environment) -> None:
    """Make the filters known to `environment` under their own names."""
    for function in (json, toml, python, yaml, dotenv, html, markdown):
        environment.filters[function.__name__] = function
