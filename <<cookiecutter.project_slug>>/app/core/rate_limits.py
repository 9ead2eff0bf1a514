"""The default rate limit, and where limits are counted when nothing else is configured."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from threading import Lock
from time import time
from typing import Any

from flask import current_app, request
from flask_limiter import Limit, Limiter
from limits.storage import Storage

MANY = 100_000  # keys, before those that have run out are swept


def visitor() -> str:
    """Give by what requests are counted: where they come from."""
    return network(request.remote_addr or "127.0.0.1")


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """Give an address as it is counted: of IPv6 the first 64 bits, because everybody has the others to himself."""
    try:
        found = ip_address(address)
        if isinstance(found, IPv4Address):
            return address
        return str(found.ipv4_mapped or ip_network(f"{address}/64", strict=False))
    except ValueError:
        return address


class DefaultLimit(Limit):
    """The limit of ``RATELIMIT_DEFAULT``, read for every request and parsed once."""

    parsed: tuple[str, list[Any]] = ("", [])

    def __init__(self) -> None:
        super().__init__(lambda: str(current_app.config["RATELIMIT_DEFAULT"]), finalized=False)

    def __iter__(self) -> Iterator[Any]:
        """Give what Flask-Limiter counts by."""
        text, limits = self.parsed
        if text != current_app.config["RATELIMIT_DEFAULT"]:
            text, limits = self.parsed = current_app.config["RATELIMIT_DEFAULT"], list(super().__iter__())
        return iter(limits)


def remember_exemptions(limiter: Limiter) -> None:
    """Let a limiter find out once who is exempt: decorators say so, before the first request."""
    manager = limiter.limit_manager
    find = type(manager).exemption_scope.__get__(manager)
    manager.exemption_scope = lru_cache(maxsize=512)(find)  # type: ignore[method-assign]


class ProcessStorage(Storage):
    """Counts in the memory of each process: ``process://``.

    The library's own ``memory://`` sweeps in a thread, which it starts when it is made. A server that loads the
    application and forks would copy that thread's locks into workers that do not have the thread.
    """

    STORAGE_SCHEME = ["process"]  # noqa: RUF012

    def __init__(self, uri: str | None = None, **_: float | str | bool) -> None:
        super().__init__(uri)
        self.lock = Lock()
        self.counts: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors of the storage; counting in memory has none of its own."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add ``amount`` to the count of ``key``, which starts anew after ``expiry`` seconds."""
        now = time()
        with self.lock:
            if len(self.counts) >= MANY:
                self.counts = {name: entry for name, entry in self.counts.items() if entry[1] > now}
            count, end = self.counts.get(key, (0, 0.0))
            count, end = (count + amount, end) if end > now else (amount, now + expiry)
            self.counts[key] = (count, end)
            return count

    def get(self, key: str) -> int:
        """Give the count of ``key``."""
        count, end = self.counts.get(key, (0, 0.0))
        return count if end > time() else 0

    def get_expiry(self, key: str) -> float:
        """Give the moment at which the count of ``key`` starts anew."""
        return self.counts.get(key, (0, time()))[1]

    def check(self) -> bool:
        """Tell that the storage works."""
        return True

    def reset(self) -> int:
        """Forget everything, and give how much that was."""
        with self.lock:
            number, self.counts = len(self.counts), {}
        return number

    def clear(self, key: str) -> None:
        """Forget the count of ``key``."""
        self.counts.pop(key, None)
