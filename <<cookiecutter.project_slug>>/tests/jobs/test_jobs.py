from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from flask import Flask
from sqlalchemy import MetaData, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db
from app.jobs import Work, enqueue, job, queue
from app.jobs import work as working
from app.models import Base, Job
from app.models.base import utc_now
from app.models.job import DONE, FAILED, QUEUED, RUNNING
from tests.conftest import Call
from tests.support.work import WorkOff

Marks = Callable[[], list[str]]
HOUR = timedelta(hours=1)
ended: list[str] = []


class Mark(Base):
    """What a job leaves."""

    __tablename__ = "marks"
    metadata = MetaData()

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


@job
def leave_mark(work: Work, text: str = "x") -> None:
    """Write a row."""
    work.progress(1, 2)
    db.session.add(Mark(text=text))


@job
def fail(_work: Work) -> None:
    """Write a row and fail."""
    db.session.execute(insert(Mark).values(text="half"))
    raise ValueError("no \x00 luck")


@job
def lose(work: Work) -> None:
    """Be taken over by another worker in the middle."""
    db.session.execute(insert(Mark).values(text="late"))
    queue.change(Job.id == work.job.id, token="another")


@job
def lose_soon(work: Work) -> None:
    """Notice it."""
    queue.change(Job.id == work.job.id, token="another")
    work.progress(1, 2)
    ended.append("not reached")


@pytest.fixture(autouse=True)
def marks(app: Flask) -> Iterator[Marks]:
    """The marks that jobs have left: ``marks()``."""
    with app.app_context():
        Mark.metadata.create_all(db.engine)

    def marks() -> list[str]:
        with app.app_context():
            return [mark.text for mark in db.session.query(Mark).all()]

    yield marks
    with app.app_context():
        Mark.metadata.drop_all(db.engine)


def read(job_id: int) -> Job:
    found = db.session.get(Job, job_id)
    assert found is not None
    return found


def change(job_id: int, **values: Any) -> None:
    queue.change(Job.id == job_id, **values)
    db.session.commit()


def test_job_is_done_once_with_its_arguments(call: Call, work: WorkOff, marks: Marks) -> None:
    wanted = call(enqueue, leave_mark, text="hello")
    assert (wanted.state, wanted.sent) == (QUEUED, None)
    assert [work(), work()] == [1, 0]
    done = call(read, wanted.id)
    assert (done.state, done.tries, done.step, done.steps) == (DONE, 1, 1, 2)
    assert done.finished is not None
    call(working.perform, leave_mark, wanted.id)
    assert marks() == ["hello"]


def test_job_that_fails_leaves_nothing_and_is_tried_later_and_later(
    call: Call, work: WorkOff, marks: Marks, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = call(enqueue, fail)
    now = utc_now()
    monkeypatch.setattr(queue, "utc_now", lambda: now)
    pauses = []
    while work():
        row = call(read, wanted.id)
        if row.state == FAILED:
            break
        assert row.due is not None
        pauses.append((row.due - now).total_seconds())
        assert work() == 0
        call(change, wanted.id, due=now)
    assert pauses == [10, 40, 160, 640]
    failed = call(read, wanted.id)
    assert (failed.state, failed.tries, failed.error) == (FAILED, 5, "ValueError: no  luck")
    assert marks() == []


def test_job_of_a_worker_that_is_lost_goes_to_another_one(call: Call, work: WorkOff, marks: Marks) -> None:
    wanted = call(enqueue, leave_mark)
    first = call(queue.claim, wanted.id)
    assert first is not None
    assert first.state == RUNNING
    assert work() == 0
    call(change, wanted.id, lease=utc_now() - HOUR)
    assert work() == 1
    assert call(read, wanted.id).tries == 2
    assert marks() == ["x"]
    assert call(queue.finish, first) is False


def test_job_is_taken_over_at_once_when_the_broker_says_that_its_worker_is_gone(call: Call) -> None:
    wanted = call(enqueue, leave_mark)
    call(queue.claim, wanted.id)
    assert call(queue.claim, wanted.id) is None
    assert call(queue.claim, wanted.id, over=True) is not None


def test_job_that_ends_every_worker_is_given_up(call: Call, work: WorkOff) -> None:
    wanted = call(enqueue, leave_mark)
    call(change, wanted.id, state=RUNNING, tries=queue.MOST_TRIES, lease=utc_now() - HOUR)
    assert work() == 1
    failed = call(read, wanted.id)
    assert (failed.state, failed.error) == (FAILED, "each worker that had it was lost")


@pytest.mark.parametrize("function", [lose, lose_soon])
def test_worker_that_was_overtaken_leaves_nothing(
    function: Callable[..., None], call: Call, work: WorkOff, marks: Marks
) -> None:
    wanted = call(enqueue, function)
    work()
    # Whoever has it now may go on.
    assert call(read, wanted.id).state == RUNNING
    assert marks() == []
    assert ended == []


def test_claim_that_was_quicker_wins(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = call(enqueue, leave_mark)
    commit = db.session.commit

    def overtake() -> None:
        commit()
        queue.change(Job.id == wanted.id, token="another")
        commit()

    with monkeypatch.context() as patch:
        patch.setattr(db.session, "commit", overtake)
        assert call(queue.claim, wanted.id) is None


def test_message_with_senseless_arguments_is_kept_among_the_failed(app: Flask, call: Call) -> None:
    app.extensions["celery"].tasks["leave_mark"].apply(("x", "y"))
    (kept,) = call(lambda: db.session.query(Job).all())
    assert (kept.name, kept.state) == ("leave_mark", FAILED)
    assert "('x', 'y')" in kept.error


def test_lines_of_a_task_carry_its_request(app: Flask, call: Call) -> None:
    seen: list[dict[str, Any]] = []

    @job
    def look(_work: Work) -> None:
        seen.append(structlog.contextvars.get_contextvars())

    with structlog.contextvars.bound_contextvars(request_id="r-2"):
        wanted = call(enqueue, look)
    app.extensions["celery"].tasks["look"].apply((wanted.id,), headers={"request_id": "r-2"})
    expected = {"task": "look", "job": "look", "job_id": wanted.id, "request_id": "r-2"}
    assert seen[0] | expected == seen[0]
    assert structlog.contextvars.get_contextvars() == {}


def test_job_says_what_it_is() -> None:
    assert repr(Job(id=3, name="x", state=DONE)) == "<Job 3 x done>"
