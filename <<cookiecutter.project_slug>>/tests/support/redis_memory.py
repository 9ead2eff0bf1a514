"""A Redis for each test, in this process's memory."""

from collections.abc import Iterator

import pytest
from fakeredis import FakeRedisConnection, FakeServer

from app.cache.redis_client import OPTIONS, connect


@pytest.fixture(autouse=True)
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """What answers at every address of Redis; ``connected = False`` takes it away."""
    server = FakeServer()
    monkeypatch.setitem(OPTIONS, "connection_class", FakeRedisConnection)
    monkeypatch.setitem(OPTIONS, "server", server)
    monkeypatch.setenv("RATELIMIT_STORAGE_URI", "memory://")  # the limiter is the same for every application
    connect.cache_clear()
    yield server
    connect.cache_clear()
