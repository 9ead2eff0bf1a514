import threading

import pytest
from flask import Flask
from limits.storage import storage_from_string

from app import create_app
from app.core import rate_limits as limits
from app.core.rate_limits import DefaultLimit, ProcessStorage
from app.extensions import limiter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, to be set by the test."""
    now = [1000.0]
    monkeypatch.setattr(limits, "time", lambda: now[0])
    return now


def test_count_grows_and_starts_anew_when_its_time_is_over(clock: list[float]) -> None:
    storage = ProcessStorage()
    assert [storage.incr("a", 60), storage.incr("a", 60), storage.incr("b", 60)] == [1, 2, 1]
    assert (storage.get("a"), storage.get_expiry("a")) == (2, 1060)
    clock[0] += 61
    assert storage.get("a") == 0
    assert storage.incr("a", 60) == 1


def test_count_can_be_forgotten() -> None:
    storage = ProcessStorage()
    storage.incr("a", 60)
    storage.incr("b", 60)
    storage.clear("a")
    assert (storage.get("a"), storage.get("b")) == (0, 1)
    assert storage.reset() == 1
    assert storage.check()


def test_counts_that_have_run_out_are_swept(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MANY", 2)
    storage = ProcessStorage()
    storage.incr("a", 1)
    storage.incr("b", 100)
    clock[0] += 50
    storage.incr("c", 100)
    assert set(storage.counts) == {"b", "c"}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
        (None, "127.0.0.1"),
    ],
)
def test_addresses_that_one_visitor_has_to_himself_are_counted_together(
    app: Flask, address: str | None, counted: str
) -> None:
    with app.test_request_context(environ_overrides={"REMOTE_ADDR": address}):
        assert limits.visitor() == counted


def test_default_limit_is_parsed_once_and_follows_the_setting(app: Flask) -> None:
    limit = DefaultLimit().bind(limiter)
    with app.app_context():
        first, again = list(limit), list(limit)
        app.config["RATELIMIT_DEFAULT"] = "2 per hour; 1 per second"
        changed = list(limit)
    assert first[0] is again[0]
    assert [str(each.limit) for each in changed] == ["2 per 1 hour", "1 per 1 second"]


def test_exempt_view_is_not_limited() -> None:
    def free() -> str:
        return "free"

    def counted() -> str:
        return "counted"

    app = create_app("testing")
    app.config["RATELIMIT_DEFAULT"] = "1 per minute"
    app.add_url_rule("/free", view_func=limiter.exempt(free))
    app.add_url_rule("/counted", view_func=counted)
    client = app.test_client()
    assert [client.get("/free").status_code for _ in range(3)] == [200, 200, 200]
    assert [client.get("/counted").status_code for _ in range(2)] == [200, 429]


def test_storage_is_known_by_its_scheme_and_starts_no_thread() -> None:
    before = set(threading.enumerate())
    assert isinstance(storage_from_string("process://"), ProcessStorage)
    assert set(threading.enumerate()) <= before  # others may end meanwhile
