"""What makes a secret key weak, and which key signs."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MINIMUM_KEY_BYTES = 32
# Parts of what is written where a key should stand. Shorter ones would turn up in random keys as well.
PLACEHOLDERS = (
    *("change", "default", "develop", "donot", "do-not", "do_not", "example", "generate", "insecure"),
    *("passphrase", "password", "placeholder", "please", "production", "random", "redacted", "replace"),
    *("secret", "string", "testing", "your-", "your_"),
)
WORDS = re.compile(r"[A-Za-z]{2,} +[A-Za-z]{2,}")
KINDS: tuple[Callable[[str], bool], ...] = (str.islower, str.isupper, str.isdigit)


def is_weak(key: str) -> bool:
    """Tell whether a secret key is short, monotonous or was written by a person: lists of such keys go around."""
    return len(key.encode()) < MINIMUM_KEY_BYTES or is_monotonous(key) or is_written(key)


def is_monotonous(key: str) -> bool:
    """Tell whether a key has few different characters, mostly the same one, or is a shorter one again and again."""
    return len(set(key)) < 8 or max(map(key.count, set(key))) > len(key) / 2 or key in (key * 2)[1:-1]


def is_written(key: str) -> bool:
    """Tell whether a key is one kind of characters only, has words with blanks between, or a placeholder's."""
    return (
        sum(any(map(is_kind, key)) for is_kind in KINDS) < 2
        or WORDS.search(key) is not None
        or any(form(word) in key for word in PLACEHOLDERS for form in (str.lower, str.upper, str.capitalize))
    )


def weak_keys(name: str, *keys: str) -> Iterator[str]:
    """Say that the variable ``name`` is weak where one of its keys is; one that is missing is another problem."""
    if any(key and is_weak(key) for key in keys):
        yield (
            f"{name} is weak: give at least {MINIMUM_KEY_BYTES} random bytes"
            " (python -c 'import secrets; print(secrets.token_hex(32))')"
        )


def signing_keys(config: Mapping[str, Any]) -> list[str]:
    """Give the keys as itsdangerous wants them: each opens what it has signed, and the last one signs."""
    return [*config["SECRET_KEY_FALLBACKS"], config["SECRET_KEY"]]
