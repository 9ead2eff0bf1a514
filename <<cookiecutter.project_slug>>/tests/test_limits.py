import threading

import pytest
from limits.storage import storage_from_string

from app import limits
from app.limits import ProcessStorage


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


def test_storage_is_known_by_its_scheme_and_starts_no_thread() -> None:
    before = threading.active_count()
    assert isinstance(storage_from_string("process://"), ProcessStorage)
    assert threading.active_count() == before
