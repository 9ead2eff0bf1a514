"""A fake Redis for each test."""

from collections.abc import Iterator

import pytest
from fakeredis import FakeRedisConnection, FakeServer
from flask import Flask

from app.cache import init_cache
from app.cache.settings import REDIS_OPTIONS


@pytest.fixture(autouse=True)
def redis(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """The server behind every Redis URL; ``connected = False`` makes it unavailable."""
    server = FakeServer()
    monkeypatch.setitem(REDIS_OPTIONS, "connection_class", FakeRedisConnection)
    monkeypatch.setitem(REDIS_OPTIONS, "server", server)
    monkeypatch.setenv("RATELIMIT_STORAGE_URI", "memory://")  # the limiter is the same for every application
    return server


@pytest.fixture
def cached(app: Flask) -> Iterator[None]:
    """Cache in the fake Redis; other tests cache nothing."""
    app.config["REDIS_URL"] = "redis://127.0.0.1:1"
    init_cache(app)
    yield
    app.config["REDIS_URL"] = ""
    init_cache(app)
