"""Keys that stand in a public list, against what a project calls weak."""

import ast
import importlib.util
import re
import sys
import warnings
from base64 import b64encode, urlsafe_b64encode
from importlib.resources import files
from random import Random
from types import ModuleType, SimpleNamespace
from uuid import UUID

import pytest
from raw_tree import TREE

WORDS = files("flask_unsign_wordlist") / "wordlists" / "all.txt"
RANDOM = Random(20)  # the same keys in every run, so that a test which was green stays green
# Words of small letters, and those that only blanks hold apart.
READABLE = re.compile(r"[a-z]+(?:[-_.][a-z]+)*|.*[A-Za-z]{2,} +[A-Za-z]{2,}.*")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The project's module, with a stand-in for the only package that it imports."""
    monkeypatch.setitem(sys.modules, "environs", SimpleNamespace(ValidationError=ValueError))
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
    assert len(accepted) < 13_000, len(accepted)


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "a" * 64,
        "0123456789" * 4,
        "7f3a9c0e" * 8,
        "323ee6e4b1621c63" + "x" * 20,
        "12345678912345678912345678912346",
        "everything-starts-with-hello-world",
        "CORRECTHORSEBATTERYSTAPLEANDMORE",
        "the key of my shop, number 4 since 2019",
        "a secret key should be kept a secret",
        "please-replace-me-with-a-random-value!!",
        "MySuperSecretKeyThatNobodyKnows1",
        "change-me-0123456789abcdefghijklmnopqrstuv-x",
    ],
)
def test_key_that_somebody_wrote_is_weak(keys: ModuleType, key: str):
    assert keys.is_weak(key)
    with pytest.raises(ValueError, match="32 random bytes"):
        keys.check_keys(f"0123456789abcdefghijklmnopqrstuv-x, {key}")


def test_key_that_a_generator_made_is_never_weak(keys: ModuleType):
    """What `secrets`, `base64`, `uuid` and `openssl rand` give, with 32 bytes and more."""

    def made() -> bytes:
        return RANDOM.randbytes(32)

    for _ in range(2000):
        identifiers = [UUID(bytes=made()[:16], version=4) for _ in range(2)]
        generated = [
            made().hex(),
            made().hex().upper(),
            urlsafe_b64encode(made()).rstrip(b"=").decode(),
            b64encode(made()).decode(),
            b64encode(made() + made()).decode(),
            "".join(identifier.hex for identifier in identifiers),
            "-".join(map(str, identifiers)),
        ]
        assert not [key for key in generated if keys.is_weak(key)]
        keys.check_keys(", ".join(generated))
