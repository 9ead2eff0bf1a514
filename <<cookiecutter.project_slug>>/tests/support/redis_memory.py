"""A fake Redis for each test."""

import pytest
from fakeredis import FakeRedisConnection, FakeServer

from app.cache.settings import REDIS_OPTIONS


@pytest.fixture(autouse=True)
def redis(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """The server behind every Redis URL; ``connected = False`` makes it unavailable."""
    server = FakeServer()
    monkeypatch.setitem(REDIS_OPTIONS, "connection_class", FakeRedisConnection)
    monkeypatch.setitem(REDIS_OPTIONS, "server", server)
    monkeypatch.setenv("RATELIMIT_STORAGE_URI", "memory://")  # the limiter is the same for every application
    return server
