"""Messages that nobody can read."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import Mock

import pytest
from celery import Celery, current_app
from flask import Flask

from app.extensions import db
from app.jobs import worker as workers
from app.jobs.broker import QUEUE, job_ended
from app.jobs.reader import Reader
from app.models import Job
from app.models.job import FAILED
from tests.conftest import Call

JSON = {"content_type": "application/json", "content_encoding": "utf-8"}
Read = Callable[..., None]


@pytest.fixture
def read(app: Flask, broker: Celery, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Send a message as it is, and let a worker read it: ``read(body, headers=…)``."""
    before: Celery = current_app._get_current_object()  # type: ignore[attr-defined]
    kept: list[tuple[Any, Callable[..., None]]] = []
    monkeypatch.setattr(workers, "keep", lambda *pair: kept.append(pair))
    assert workers.init_worker(app).conf["worker_consumer"] == "app.jobs.reader:Reader"
    for signal, receiver in kept:
        signal.connect(receiver, weak=False)
    controller = Mock(**{"state.revoked": set()})
    reader = Reader(Mock(), app=broker, pool=Mock(), timer=Mock(), controller=controller)
    reader.update_strategies()

    def read(body: bytes | str, **words: Any) -> None:
        with broker.connection_for_write() as connection:
            queue = connection.SimpleQueue(QUEUE)
            connection.Producer().publish(body, routing_key=QUEUE, **words)
            message = queue.get_nowait()
            reader.create_task_handler()(message)
            assert message.acknowledged, "not acknowledged"
            assert queue.qsize() == 0

    yield read
    for signal, receiver in kept:
        signal.disconnect(receiver)
    before.set_current()


@pytest.mark.parametrize(
    ("body", "words", "name", "reason"),
    [
        ("{", JSON, "?", "DecodeError"),
        ("{", JSON | {"headers": {"task": "sweep", "id": "1"}}, "sweep", "DecodeError"),
        ("{", JSON | {"headers": {"task": "unheard_of", "id": "1"}}, "unheard_of", "DecodeError"),
        ("[1]", JSON | {"headers": {"task": "sweep"}}, "sweep", "KeyError"),
        ("[1]", JSON | {"headers": {"task": "unheard_of"}}, "unheard_of", "TypeError"),
        ("[1]", JSON | {"headers": {"task": ["x"], "id": "1"}}, "['x']", "TypeError"),
        ("[1]", JSON, "?", "it names no job"),
        ("{}", JSON, "?", "it names no job"),
        (b"\x80\x04N.", {"serializer": "pickle"}, "?", "ContentDisallowed"),
        (
            b"\x80\x04N.",
            {
                "content_type": "application/x-python-serialize",
                "content_encoding": "binary",
                "headers": {"task": "sweep", "id": "1"},
            },
            "sweep",
            "ContentDisallowed",
        ),
    ],
)
def test_message_that_cannot_be_read_is_kept_among_the_failed_and_told(
    body: bytes | str, words: dict[str, Any], name: str, reason: str, app: Flask, read: Read, call: Call
) -> None:
    told: list[tuple[str, str, str]] = []

    def listen(_app: Flask, *, job: Job, outcome: str, error: Exception, **_: Any) -> None:
        told.append((job.name, outcome, type(error).__name__))

    with job_ended.connected_to(listen, app):
        read(body, **words)
    (buried,) = call(lambda: db.session.query(Job).all())
    assert (buried.name, buried.state) == (name, FAILED)
    assert reason in buried.error
    assert told == [(name, FAILED, "Incomprehensible")]


def test_message_that_can_be_read_is_left_to_whoever_does_it(read: Read, call: Call) -> None:
    with pytest.raises(AssertionError, match="acknowledged"):  # it is confirmed when it is done
        read("[[], {}, {}]", headers={"task": "sweep", "id": "1"}, **JSON)
    assert call(lambda: db.session.query(Job).all()) == []
