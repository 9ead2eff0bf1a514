"""What makes a secret key weak, and which key signs."""

from collections.abc import Iterator, Mapping
from typing import Any

PLACEHOLDERS = ("change-me", "changeme", "change_me", "secret-key", "secret_key", "placeholder", "insecure")
MINIMUM_KEY_BYTES = 32


def is_weak(key: str) -> bool:
    """Tell whether a secret key is short, repeats itself or looks like a placeholder."""
    return (
        len(key.encode()) < MINIMUM_KEY_BYTES
        or len(set(key)) < 8
        or any(word in key.lower() for word in PLACEHOLDERS)
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
