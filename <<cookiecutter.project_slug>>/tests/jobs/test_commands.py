import time

import pytest
from celery import Celery
from flask.testing import FlaskCliRunner

from app.extensions import db
from app.jobs import Work, commands, enqueue, job
from app.jobs.broker import BrokerState
from app.jobs.work import sweep
from app.models import Job
from app.models.base import utc_now
from app.models.job import DONE, FAILED, QUEUED
from tests.conftest import Call


@job
def nothing(_work: Work) -> None:
    """Do nothing."""


def add_failed() -> int:
    row = Job(
        name="nothing", state=FAILED, error="ValueError: x", tries=5, request_id="r-1", finished=utc_now()
    )
    db.session.add(row)
    db.session.commit()
    return row.id


def state(job_id: int) -> str:
    row = db.session.get(Job, job_id)
    assert row is not None
    return row.state


def test_status_counts_jobs(runner: FlaskCliRunner, call: Call) -> None:
    call(enqueue, nothing)
    result = runner.invoke(args=["jobs", "status"])
    assert result.exit_code == 0
    assert "queued   1" in result.output
    assert "broker   none" in result.output


@pytest.mark.parametrize(("workers", "code"), [(2, 0), (0, 1)])
def test_status_fails_when_nobody_works(
    workers: int, code: int, runner: FlaskCliRunner, broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "ask_broker", lambda: BrokerState(waiting=3, workers=workers))
    result = runner.invoke(args=["jobs", "status"])
    assert result.exit_code == code
    assert f"messages 3\nworkers  {workers}" in result.output


def test_status_fails_when_the_broker_is_away(
    runner: FlaskCliRunner, broker: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(commands, "ask_broker", refuse)
    result = runner.invoke(args=["jobs", "status"])
    assert result.exit_code == 1
    assert "broker   no answer (OSError)" in result.output


def test_failed_jobs_are_shown_with_their_reason(runner: FlaskCliRunner, call: Call) -> None:
    assert runner.invoke(args=["jobs", "failed"]).output == "No job has failed.\n"
    call(add_failed)
    output = runner.invoke(args=["jobs", "failed"]).output
    assert "nothing  after 5 tries  request r-1\n    ValueError: x\n" in output


def test_failed_job_can_be_tried_again(runner: FlaskCliRunner, call: Call) -> None:
    job_id = call(add_failed)
    assert runner.invoke(args=["jobs", "retry", str(job_id)]).output == f"Job {job_id} is queued.\n"
    assert call(state, job_id) == QUEUED
    refused = runner.invoke(args=["jobs", "retry", str(job_id)])
    assert refused.exit_code == 1
    assert "No job with this number has failed." in refused.output


def test_failed_job_is_sent_again(runner: FlaskCliRunner, broker: Celery, call: Call) -> None:
    assert runner.invoke(args=["jobs", "retry", str(call(add_failed))]).exit_code == 0
    with broker.connection_for_write() as connection:
        assert connection.SimpleQueue("jobs").qsize() == 1
    call(sweep)  # knows that somebody was told
    with broker.connection_for_write() as connection:
        assert connection.SimpleQueue("jobs").qsize() == 1


def test_worker_for_developers_ends_when_nothing_waits(runner: FlaskCliRunner, call: Call) -> None:
    wanted = call(enqueue, nothing)
    assert runner.invoke(args=["jobs", "work", "--once"]).exit_code == 0
    assert call(state, wanted.id) == DONE


def test_worker_for_developers_looks_again_after_a_nap(
    runner: FlaskCliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", nap)
    runner.invoke(args=["jobs", "work"])
    assert naps == [commands.NAP] * 2
