"""Typed, one-time reading of environment variables."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from .rate_limits import ProcessStorage

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


class ConfigError(RuntimeError):
    """The environment does not make a usable configuration; the message names every variable and no value.

    Parameters:
        reason: what cannot be done.
        problems: one for each variable, what is to be done after a colon.
    """

    def __init__(self, reason: str, problems: list[str]) -> None:
        super().__init__("\n  - ".join([reason, *problems]))
        self.problems = problems


class Environment:
    """The environment as typed values.

    Every variable ``NAME`` may also be given as ``NAME_FILE``, the path of a file that holds the value: that is
    how Docker and Kubernetes secrets, the Vault agent and cloud secret managers hand them over.

    What is wrong is collected in ``problems`` instead of raised, so that one run names all of it; a problem names the
    variable and never its value, because it ends up in a log.

    Parameters:
        variables: the names and values to read, normally ``os.environ``.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.problems: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        """Give the value of ``name``, or ``default`` where it is missing or empty."""
        path = self._variables.get(f"{name}_FILE")
        value = self._variables.get(name)
        if not path:
            return value or default
        if value:
            self.problems.append(f"{name} and {name}_FILE are both set: keep one of them")
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n") or default
        except (OSError, UnicodeError, ValueError) as error:
            self.problems.append(f"{name}_FILE cannot be read ({type(error).__name__})")
            return default

    def integer(self, name: str, default: int, *, minimum: int = 0) -> int:
        """Give ``name`` as a whole number that is at least ``minimum``."""
        text = self.text(name)
        if not text:
            return default
        try:
            number = int(text)
        except ValueError:
            self.problems.append(f"{name} must be a whole number")
            return default
        if number < minimum:
            self.problems.append(f"{name} must be at least {minimum}")
            return default
        return number

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """Give ``name`` as one of ``choices``, in any case."""
        text = self.text(name, default).lower()
        if text not in choices:
            self.problems.append(f"{name} must be one of {', '.join(choices)}")
            return default
        return text

    def flag(self, name: str, default: bool = False) -> bool:
        """Give ``name`` as a truth value: 1/true/yes/on or 0/false/no/off, in any case."""
        text = self.text(name).strip().lower()
        if not text:
            return default
        if text not in TRUE | FALSE:
            self.problems.append(f"{name} must be true or false")
        return text in TRUE

    def words(self, name: str) -> list[str]:
        """Give the comma-separated words of ``name``, without blanks around them."""
        return [word for word in (part.strip() for part in self.text(name).split(",")) if word]


def unusable(database: str, limits: str, storage: str) -> Iterator[str]:
    """Say which of these settings nobody could work with; nothing is connected for that."""
    try:
        make_url(database).get_dialect().import_dbapi()
    except ImportError:
        yield "DATABASE_URL needs a driver that is not installed: add psycopg[binary] for PostgreSQL to pyproject.toml"
    except (ArgumentError, ValueError):
        yield "DATABASE_URL is not a database URL: write sqlite:////path/to/file or postgresql+psycopg://user:password@host/name"
    try:
        parse_many(limits)
    except ValueError:
        yield "RATELIMIT_DEFAULT is no limit: write 600 per minute"
    try:
        storage_from_string(storage)
    except (ConfigurationError, ValueError):
        own = ProcessStorage.STORAGE_SCHEME[0]
        yield f"RATELIMIT_STORAGE_URI is no storage that is installed: write {own}://"


def unusable_hosts(hosts: Collection[str]) -> Iterator[str]:
    """Say that there is a pattern: Werkzeug knows none, but takes a leading dot for all names below the rest."""
    if any("*" in host or host == "." for host in hosts):
        yield "TRUSTED_HOSTS holds what is no name: write .example.com for example.com and all names below it"


def forgetful(database: str) -> Iterator[str]:
    """Say that a database lives in memory: each process would have its own, and a restart empties it."""
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        return  # what ``unusable`` says is enough
    name = url.database or ":memory:"
    if url.get_backend_name() == "sqlite" and (":memory:" in name or url.query.get("mode") == "memory"):
        yield "DATABASE_URL is a database in memory: write sqlite:////path/to/file"
