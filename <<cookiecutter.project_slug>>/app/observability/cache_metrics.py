"""How often something was remembered, and how often Redis was not there to ask."""

from prometheus_client import Counter

LOOKUPS = Counter("cache_lookups", "Results that were looked for: hit, miss, or Redis away.", ("result",))
# There from the beginning, so that the first of each is an increase too.
COUNTS = {result: LOOKUPS.labels(result) for result in ("hit", "miss", "away")}


def count_lookup(result: str) -> None:
    """Count one lookup.

    Parameters:
        result: ``hit``, ``miss`` or ``away``.
    """
    COUNTS[result].inc()
