from datetime import timedelta
from typing import Any

import pytest
import structlog
from celery import Celery
from flask import Flask

from app.extensions import db
from app.jobs import Work, checks, enqueue, job, queue
from app.jobs import broker as brokers
from app.jobs import work as working
from app.jobs.broker import BrokerState
from app.models import Job
from app.models.base import utc_now
from app.models.job import DONE, FAILED, RUNNING
from tests.conftest import Call

HOUR = timedelta(hours=1)


@job
def wait(_work: Work) -> None:
    """Do nothing; nobody calls it here."""


def read(job_id: int) -> Job:
    found = db.session.get(Job, job_id)
    assert found is not None
    return found


def change(job_id: int, **values: Any) -> None:
    queue.change(Job.id == job_id, **values)
    db.session.commit()


def test_message_names_the_job_and_the_request(app: Flask, broker: Celery, call: Call) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        wanted = call(enqueue, wait)
    assert wanted.sent is not None
    with broker.connection_for_write() as connection:
        message = connection.SimpleQueue("jobs").get_nowait()
        message.ack()
    assert message.payload[0] == [wanted.id]
    assert message.headers["task"] == "wait"
    assert message.headers["request_id"] == "r-1"


def test_job_waits_in_its_row_while_the_broker_is_away(
    broker: Celery, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError("no route")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "publish", refuse)
        wanted = call(enqueue, wait)
        second = call(enqueue, wait)
        call(working.sweep)
        assert (call(read, wanted.id).sent, call(read, second.id).sent) == (None, None)
    call(working.sweep)
    assert call(read, wanted.id).sent is not None
    assert call(brokers.count_messages) == 2


@pytest.mark.parametrize(
    ("values", "again"),
    [
        ({"sent": None}, True),
        ({"sent": -HOUR}, False),  # its message waits
        ({"sent": None, "due": HOUR}, False),
        ({"sent": -2 * HOUR, "state": RUNNING, "lease": -HOUR}, True),
        ({"sent": 0 * HOUR, "state": RUNNING, "lease": -HOUR}, False),
        ({"sent": -2 * HOUR, "state": RUNNING, "lease": HOUR}, False),
        ({"sent": None, "state": DONE}, False),
    ],
)
def test_sweep_sends_what_nobody_seems_to_know_of(
    values: dict[str, Any], again: bool, broker: Celery, call: Call
) -> None:
    wanted = call(enqueue, wait)
    now = utc_now()
    moments = {name: now + value for name, value in values.items() if isinstance(value, timedelta)}
    call(change, wanted.id, **values | moments)
    call(working.sweep)
    assert call(brokers.count_messages) == 1 + again


def test_message_that_the_broker_has_lost_is_sent_again_soon(broker: Celery, call: Call) -> None:
    wanted = call(enqueue, wait)
    call(change, wanted.id, sent=utc_now() - timedelta(minutes=1))
    call(working.sweep)
    assert call(brokers.count_messages) == 1
    with broker.connection_for_write() as connection:
        connection.SimpleQueue("jobs").clear()
    call(working.sweep)
    assert call(brokers.count_messages) == 1


def test_long_backlog_does_not_grow_and_only_what_is_missing_is_sent_again(
    broker: Celery, call: Call
) -> None:
    rows = [call(enqueue, wait) for _ in range(5)]
    for row in rows:
        call(change, row.id, sent=utc_now() - HOUR)
    for _ in range(3):
        call(working.sweep)
        assert call(brokers.count_messages) == 5
    with broker.connection_for_write() as connection:
        for _ in range(2):
            connection.SimpleQueue("jobs").get_nowait().ack()
    for _ in range(3):
        call(working.sweep)
        assert call(brokers.count_messages) == 5
    moments = [call(read, row.id).sent or utc_now() for row in rows]
    assert [sent > utc_now() - HOUR / 2 for sent in moments] == [True] * 2 + [False] * 3  # the oldest


def test_job_to_be_tried_again_is_sent_once(broker: Celery, call: Call) -> None:
    wanted = call(enqueue, wait)
    claimed = call(queue.claim, wanted.id)
    assert claimed is not None
    assert call(queue.give_up, claimed, "no luck") == "retried"
    call(change, wanted.id, due=utc_now())
    for _ in range(3):
        call(working.sweep)
    assert call(brokers.count_messages) == 2  # the first one, which its worker has not confirmed


def test_sweep_has_nothing_to_send_without_a_broker(call: Call) -> None:
    wanted = call(enqueue, wait)
    call(working.sweep)
    assert call(read, wanted.id).sent is None


def test_purge_removes_what_ended_long_ago(call: Call) -> None:
    old, young, waiting = (call(enqueue, wait) for _ in range(3))
    call(change, old.id, state=DONE, finished=utc_now() - timedelta(days=8))
    call(change, young.id, state=FAILED, finished=utc_now() - timedelta(days=6))
    call(working.purge)
    assert call(lambda: [row.id for row in db.session.query(Job).order_by(Job.id)]) == [young.id, waiting.id]


def test_doctor_tells_whether_somebody_works(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError

    with app.app_context():
        assert [finding.level for finding in checks.check_broker()] == ["warning"]
        app.config["BROKER_URL"] = "redis://127.0.0.1:1"
        assert list(checks.check_broker()) == []
        monkeypatch.setattr(checks, "ask_broker", lambda: BrokerState(waiting=3, workers=0))
        (found,) = checks.check_broker()
        assert found.problem == "3 messages wait and no worker answers"
        monkeypatch.setattr(checks, "ask_broker", refuse)
        assert [finding.level for finding in checks.check_broker()] == ["error"]
