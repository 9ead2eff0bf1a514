"""Validators of settings; their messages contain no values, because they are logged."""

from collections.abc import Callable

from environs import ValidationError, validate
from limits import parse_many
from limits.storage import storage_from_string
from sqlalchemy import create_engine


def parsed_by(parse: Callable[[str], object], hint: str) -> Callable[[str], None]:
    """Return a validator that rejects what ``parse`` rejects, with ``hint`` instead of the value."""

    def validator(value: str) -> None:
        try:
            parse(value)
        except Exception as error:
            raise ValidationError(hint) from error

    return validator


def normalize_url(url: str) -> str:
    """Return a database URL as SQLAlchemy expects it; platforms write ``postgres://``."""
    return url.replace("postgres://", "postgresql://", 1)


DATABASE = parsed_by(
    lambda url: create_engine(normalize_url(url)),  # connects to nothing
    "Write sqlite:////path/to/file or postgresql+psycopg://user:password@host/name, and install the driver.",
)
HOSTS = validate.Regexp(r"[^*]*\Z", error="Write .example.com for all its subdomains.")
PERSISTENT = validate.Regexp(r"(?!sqlite:/*\Z|.*[:=]memory\b).", error="Data in memory does not last.")
POSITIVE = validate.Range(min=1)
RATE_LIMITS = parsed_by(parse_many, 'Write "600 per minute".')
REQUIRED = validate.Regexp(r"[\s,]*[^\s,]", error="Required in production.")
STORAGE = parsed_by(storage_from_string, "Write memory:// or the URL of a storage that is installed.")
