import runpy
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery, current_app, signals
from flask import Flask

from app import create_app
from app.extensions import db
from app.jobs import Work, enqueue, job
from app.jobs import worker as workers
from app.models import Job
from app.models.base import utc_now
from app.models.job import DONE, FAILED, QUEUED
from tests.conftest import Call
from tests.support.work import WorkOff


@job
def idle(_work: Work) -> None:
    """Do nothing."""


@pytest.fixture
def receivers(monkeypatch: pytest.MonkeyPatch) -> dict[Any, Any]:
    """What a worker would listen to, instead of listening."""
    found: dict[Any, Any] = {}
    monkeypatch.setattr(workers, "keep", found.__setitem__)
    return found


@pytest.fixture
def current() -> Iterator[None]:
    """Put the current application of Celery back."""
    before: Celery = current_app._get_current_object()  # type: ignore[attr-defined]
    yield
    before.set_current()


def add(job: Job) -> None:
    db.session.add(job)
    db.session.commit()


def state(job_id: int) -> str:
    found = db.session.get(Job, job_id)
    assert found is not None
    return found.state


def message(*payload: Any) -> Any:
    return SimpleNamespace(payload=payload)


def kept() -> list[tuple[str, str, str]]:
    return [(each.name, each.state, each.error) for each in db.session.query(Job).order_by(Job.id)]


@pytest.mark.usefixtures("current")
def test_worker_leaves_logging_alone_and_takes_no_connection_over(
    app: Flask, receivers: dict[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    disposed: list[bool] = []
    assert isinstance(workers.init_worker(app), Celery)
    receivers[signals.setup_logging]()
    with app.app_context():
        monkeypatch.setattr(type(db.engine), "dispose", lambda _self, close: disposed.append(close))
    receivers[signals.worker_process_init]()
    assert disposed == [False]
    receivers[signals.heartbeat_sent]()


@pytest.mark.usefixtures("current")
def test_worker_and_scheduler_renew_the_file_that_a_health_check_looks_at(
    app: Flask, receivers: dict[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive = tmp_path / "alive"
    celery = workers.init_worker(app)
    monkeypatch.setitem(celery.conf, "alive_file", str(alive))
    receivers[signals.heartbeat_sent]()
    assert alive.exists()
    alive.unlink()
    clock = workers.Clock(celery)
    clock.schedule.clear()
    assert clock.tick() > 0
    assert alive.exists()


@pytest.mark.usefixtures("current")
def test_job_that_a_release_does_not_know_is_put_off_and_fails_in_the_end(
    app: Flask, receivers: dict[Any, Any], call: Call
) -> None:
    workers.init_worker(app)
    wanted = call(enqueue, idle)
    states = []
    for _ in range(6):
        receivers[signals.task_unknown](name="idle", message=message([wanted.id], {}, {}))
        states.append(call(state, wanted.id))
    assert states == [QUEUED] * 4 + [FAILED] * 2
    # Of the last message there was no row any more that waited.
    assert call(lambda: db.session.query(Job).count()) == 2


@pytest.mark.parametrize("payload", [([], {}, {}), (["x"], {}), (), ([1, 2], {})])
def test_message_that_nobody_understands_is_kept_among_the_failed(
    payload: tuple[Any, ...], call: Call
) -> None:
    call(workers.refuse, "unheard_of", message(*payload))
    assert call(kept) == [("unheard_of", FAILED, "this release knows no job 'unheard_of'")]


def test_job_that_this_release_does_not_know_waits_without_a_broker_too(call: Call, work: WorkOff) -> None:
    call(add, Job(name="unheard_of"))
    assert work() == 1
    assert work() == 0


def test_scheduled_task_is_done_in_the_same_process(app: Flask, call: Call) -> None:
    call(add, Job(name="idle", state=DONE, finished=utc_now() - timedelta(days=9)))
    scheduler = workers.Alone(app.extensions["celery"])
    scheduler.apply_async(scheduler.schedule["purge"])
    assert call(lambda: db.session.query(Job).count()) == 0


def test_signals_reach_the_functions_that_are_kept() -> None:
    heard: list[str] = []

    def listen(**_: Any) -> None:
        heard.append("x")

    workers.keep(signals.worker_shutdown, listen)
    try:
        signals.worker_shutdown.send(sender=None)
    finally:
        signals.worker_shutdown.disconnect(listen)
    assert heard == ["x"]


@pytest.mark.usefixtures("current", "receivers")
def test_worker_and_scheduler_begin_at_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "testing")
    found = runpy.run_path("worker.py")["celery"]
    assert {"sweep", "purge", "idle"} <= set(found.tasks)
    monkeypatch.setenv("APP_ENV", "nowhere")
    with pytest.raises(SystemExit, match="APP_ENV must be one of"):
        runpy.run_path("worker.py")


def test_application_connects_to_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody has asked for a connection")

    monkeypatch.setattr("kombu.Connection.connect", refuse)
    create_app("testing")
