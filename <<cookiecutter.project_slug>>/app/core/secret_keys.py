"""What makes a secret key weak."""

import re

from environs import ValidationError

MIN_KEY_BYTES = 32
MIN_DIFFERENT_CHARACTERS = 11
# Letters of one case alone, digits alone, or several words.
HUMAN_MADE = re.compile(r"[^A-Z0-9]*|[^a-z0-9]*|[^A-Za-z]*|.*\s.*", re.DOTALL)
PLACEHOLDERS = re.compile(
    "change|default|develop|example|insecure|password|placeholder|please|production|random|replace|secret",
    re.IGNORECASE,
)


def is_weak(key: str) -> bool:
    """Check whether a key is short, has few characters or is human-made: lists of such keys are public."""
    return (
        len(key.encode()) < MIN_KEY_BYTES
        or len(set(key)) < MIN_DIFFERENT_CHARACTERS
        or HUMAN_MADE.fullmatch(key) is not None
        or PLACEHOLDERS.search(key) is not None
    )


def check_keys(text: str) -> None:
    """Validate comma-separated secret keys.

    Raises:
        ValidationError: one of them is weak.
    """
    if any(is_weak(key.strip()) for key in text.strip(",").split(",")):
        raise ValidationError("Use 32 random bytes: python -c 'import secrets; print(secrets.token_hex(32))'")
