"""A fake Redis for each test."""

from collections.abc import Iterator

import pytest
from fakeredis import FakeRedisConnection, FakeServer

from app.cache.redis_client import OPTIONS, connect


@pytest.fixture(autouse=True)
def redis(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """The server behind every Redis URL; ``connected = False`` makes it unavailable."""
    server = FakeServer()
    monkeypatch.setitem(OPTIONS, "connection_class", FakeRedisConnection)
    monkeypatch.setitem(OPTIONS, "server", server)
    monkeypatch.setenv("RATELIMIT_STORAGE_URI", "memory://")  # the limiter is the same for every application
    connect.cache_clear()
    yield server
    connect.cache_clear()
