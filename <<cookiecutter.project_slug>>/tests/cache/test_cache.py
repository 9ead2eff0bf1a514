from collections.abc import Iterator

import pytest
from fakeredis import FakeServer
from flask import Flask
from redis import Redis

from app import create_app
from app.cache import backend, cache
from app.cache.settings import REDIS_OPTIONS
from app.config import load_config

URL = "redis://127.0.0.1:1"


@pytest.fixture
def cached_app() -> Iterator[Flask]:
    """An application that caches in Redis, in its context."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.load_config", lambda name: load_config(name) | {"REDIS_URL": URL})
        app = create_app("testing")
    with app.app_context():
        yield app


calls: list[int] = []


@cache.memoize()
def double(number: int) -> dict[str, int]:
    """Return a result that is cached."""
    calls.append(number)
    return {"double": 2 * number}


@pytest.fixture(autouse=True)
def no_calls() -> None:
    calls.clear()


@pytest.mark.usefixtures("cached_app")
def test_result_is_cached_for_the_same_arguments_until_it_is_deleted() -> None:
    assert [double(number)["double"] for number in (1, 2, 1)] == [2, 4, 2]
    assert calls == [1, 2]
    cache.delete_memoized(double)
    double(1)
    assert calls == [1, 2, 1]


@pytest.mark.usefixtures("cached_app")
def test_redis_holds_json_that_expires() -> None:
    double(1)
    redis = Redis.from_url(URL, **REDIS_OPTIONS)
    assert b'{"double": 2}' in [redis.get(key) for key in redis.scan_iter()]
    assert all(0 < redis.ttl(key) <= 60 for key in redis.scan_iter())


@pytest.mark.usefixtures("cached_app")
def test_value_that_is_not_json_is_a_miss() -> None:
    double(1)
    redis = Redis.from_url(URL, **REDIS_OPTIONS)
    for key in redis.scan_iter():
        redis.set(key, b"!\x80\x04N.")  # a pickle
    assert double(1) == {"double": 2}
    assert calls == [1, 1]


@pytest.mark.usefixtures("cached_app")
def test_everything_works_while_redis_is_unavailable(
    redis: FakeServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [1000.0]
    monkeypatch.setattr(backend, "monotonic", lambda: now[0])
    redis.connected = False
    assert [double(1), double(1)] == [{"double": 2}] * 2
    cache.delete_memoized(double)
    assert (cache.get("a"), cache.get_many("a", "b"), cache.has("a")) == (None, [None, None], False)
    assert not any([cache.set("a", 1), cache.add("a", 1), cache.set_many({"a": 1})])
    assert not any([cache.delete("a"), cache.delete_many("a"), cache.clear()])
    assert caplog.text.count("redis unavailable") == 1
    redis.connected = True
    now[0] += backend.RETRY_SECONDS
    calls.clear()
    assert [double(1), double(1)] == [{"double": 2}] * 2
    assert calls == [1]


def test_nothing_is_cached_without_redis(app: Flask) -> None:
    with app.app_context():
        assert [double(1), double(1)] == [{"double": 2}] * 2
    assert calls == [1, 1]
