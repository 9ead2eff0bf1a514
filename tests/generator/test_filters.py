"""Each filter gives text that its format's own reader turns back into what was typed."""

import ast
import html
import io
import tomllib

import dotenv
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from flask_starter import filters

# What an answer may hold: anything but control characters, line breaks and halves of a surrogate pair.
typed = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=80)
hostile = [
    'O\'Neil "the" \\ 한국 😀',
    '""" \'\'\' \\" \\',
    "{{ 7*7 }} {% x %} {# y #} << z >> # <% w %>",
    "${HOME} $(touch x) `touch x` %s %(x)s",
    "\ufeff\u200f\u202e\ufffe e\u0301",
]


def also(texts):
    """Return a decorator that adds `texts` to what Hypothesis tries."""

    def decorate(test):
        for text in texts:
            test = example(text)(test)
        # A machine that has other things to do is no mistake.
        return settings(deadline=None)(test)

    return decorate


@also(hostile)
@given(typed)
def test_python_string_gives_the_text_back(text):
    assert ast.literal_eval(f'"{filters.python(text)}"') == text


@also(hostile)
@given(typed)
def test_python_docstring_gives_the_text_back(text):
    assert ast.literal_eval(f'"""{filters.python(text)}"""') == text


@also(hostile)
@given(typed)
def test_toml_string_gives_the_text_back(text):
    assert tomllib.loads(f'x = "{filters.toml(text)}"') == {"x": text}


@also(hostile)
@given(typed)
def test_yaml_scalar_gives_the_text_back(text):
    assert yaml.safe_load(f'x: "{filters.yaml(text)}"') == {"x": text}


@also(hostile)
@given(typed)
def test_dotenv_value_gives_the_text_back(text):
    assert dotenv.dotenv_values(stream=io.StringIO(f'X="{filters.dotenv(text)}"\n')) == {"X": text}


@also(hostile)
@given(typed)
def test_html_is_text_for_jinja_and_the_browser(text):
    assert html.unescape(Environment().from_string(filters.html(text)).render()) == html.unescape(
        html.escape(text)
    )


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b *c* `d` [e](f) <g> | #", r"a\_b \*c\* \`d\` \[e\](f) \<g\> \| \#"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("O'Neil 2.0", "O'Neil 2.0"),
    ],
)
def test_markdown_keeps_special_characters_as_text(text, escaped):
    assert filters.markdown(text) == escaped
