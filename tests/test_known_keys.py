"""Keys that stand in a public list, against what a project calls weak."""

import ast
import importlib.util
import re
import warnings
from importlib.resources import files
from types import ModuleType

import pytest
from test_raw_tree import TREE

WORDS = files("flask_unsign_wordlist") / "wordlists" / "all.txt"
# Words of small letters, and those that only blanks hold apart.
READABLE = re.compile(r"[a-z]+(?:[-_.][a-z]+)*|.*[A-Za-z]{2,} +[A-Za-z]{2,}.*")


@pytest.fixture(scope="module")
def keys() -> ModuleType:
    """The project's module, which needs nothing but Python."""
    spec = importlib.util.spec_from_file_location("secret_keys", TREE / "app/core/secret_keys.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def known() -> set[str]:
    """Give the keys of the list, in which most are written as Python would; some are bytes, which no variable holds."""
    found = set()
    for line in WORDS.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            with warnings.catch_warnings(action="ignore"):  # about backslashes
                word = ast.literal_eval(line)
        except (SyntaxError, ValueError):
            word = line
        if isinstance(word, str):
            found.add(word.encode(errors="replace").decode())
    return found


def test_key_of_the_list_that_can_be_read_is_weak(keys: ModuleType):
    """The rest looks random: keys that were once good and then published cannot be told from good ones."""
    accepted = {word for word in known() if not keys.is_weak(word)}
    assert not {word for word in accepted if READABLE.fullmatch(word)}
    assert len(accepted) < 14_000, len(accepted)
