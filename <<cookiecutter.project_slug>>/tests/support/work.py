"""Doing jobs in tests: in this process, without a broker, when the test says so."""

from collections.abc import Callable, Iterator

import pytest
from celery import Celery
from flask import Flask

from app.jobs import checks
from app.jobs.broker import BrokerState
from app.jobs.worker import work_off

WorkOff = Callable[[], int]


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody at work, for ``flask doctor``."""
    monkeypatch.setattr(checks, "ask_broker", lambda: BrokerState(waiting=0, workers=1))


@pytest.fixture
def work(app: Flask) -> WorkOff:
    """Does all jobs that may begin now, and gives how many there were: ``work()``."""

    def work() -> int:
        with app.app_context():
            return work_off(app.extensions["celery"])

    return work


@pytest.fixture
def broker(app: Flask) -> Iterator[Celery]:
    """A broker in memory, which takes messages and has no worker; the application's Celery."""
    celery: Celery = app.extensions["celery"]
    app.config["BROKER_URL"] = celery.conf.broker_url
    yield celery
    with celery.connection_for_write() as connection:
        channel = connection.default_channel
        channel.queue_purge("jobs")  # type: ignore[attr-defined]
