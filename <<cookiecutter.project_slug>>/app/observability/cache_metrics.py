"""Hits and misses of the cache, and errors of Redis."""

from flask_caching.signals import cache_memoize_hit, cache_memoize_miss
from prometheus_client import Counter

LOOKUPS = Counter("cache_lookups", "Results looked up in the cache, and errors of Redis.", ("result",))
HITS, MISSES, ERRORS = (LOOKUPS.labels(result) for result in ("hit", "miss", "error"))


@cache_memoize_hit.connect
def count_hit(_cache: object, **_: object) -> None:
    """Count a result that was in the cache."""
    HITS.inc()


@cache_memoize_miss.connect
def count_miss(_cache: object, **_: object) -> None:
    """Count a result that was not in the cache."""
    MISSES.inc()


def count_error() -> None:
    """Count an error of Redis."""
    ERRORS.inc()
