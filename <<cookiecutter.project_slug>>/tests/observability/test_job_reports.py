"""What is told of a job that raises."""

from collections.abc import Callable, Iterator

import pytest
import sentry_sdk
import structlog
from celery import signals
from flask import Flask

from app.jobs import Work, enqueue, job
from app.jobs.broker import job_ended
from app.observability import job_reports
from app.observability.error_reports import init_error_reports
from tests.conftest import Call
from tests.observability.test_error_reports import service as service
from tests.support.work import WorkOff


@job
def raise_something(_work: Work, secret: str) -> None:
    """Fail."""
    raise LookupError(f"no such thing, {len(secret)}")


@job
def raise_nothing(_work: Work) -> None:
    """Do nothing."""


@pytest.fixture
def reported(app: Flask, service: tuple[str, list[str]]) -> Callable[[], str]:
    """All that was reported: ``reported()``."""
    app.config["SENTRY_DSN"] = service[0]
    app.config["SENTRY_RELEASE"] = app.config["SENTRY_ENVIRONMENT"] = "x"
    init_error_reports(app)

    def reported() -> str:
        sentry_sdk.flush(timeout=10)
        return "".join(service[1])

    return reported


@pytest.fixture
def listening(app: Flask, reported: Callable[[], str]) -> Iterator[None]:
    """Reports of jobs, as long as the test lasts."""
    job_reports.init_job_reports(app)
    yield
    job_ended.disconnect(job_reports.report_job, app)


@pytest.mark.usefixtures("listening")
def test_report_names_the_job_and_its_request(call: Call, work: WorkOff, reported: Callable[[], str]) -> None:
    def want() -> None:
        structlog.contextvars.bind_contextvars(request_id="abc-123")
        enqueue(raise_something, secret="very-secret")
        enqueue(raise_nothing)

    call(want)
    assert work() == 2
    text = reported()
    assert text.count("no such thing, 11") == 1
    for part in (
        "LookupError",
        '"transaction":"raise_something"',
        '"request_id":"abc-123"',
        '"outcome":"retried"',
    ):
        assert part in text
    assert "very-secret" not in text
    assert '"raise_nothing"' not in text


@pytest.mark.usefixtures("listening")
def test_message_that_nobody_understands_is_reported_without_what_it_says(
    app: Flask, reported: Callable[[], str]
) -> None:
    app.extensions["celery"].tasks["raise_nothing"].apply(("very-secret",))
    text = reported()
    assert "Incomprehensible" in text
    assert '"transaction":"raise_nothing"' in text
    assert "very-secret" not in text


@pytest.mark.usefixtures("listening")
def test_scheduled_task_that_raises_is_reported(
    app: Flask, reported: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise LookupError("no table")

    monkeypatch.setattr("app.jobs.work.delete", refuse)
    app.extensions["celery"].tasks["purge"].apply()
    signals.worker_process_shutdown.send(sender=None)
    text = reported()
    assert "no table" in text
    assert '"transaction":"purge"' in text


def test_nobody_listens_without_an_address(app: Flask) -> None:
    before = len(job_ended.receivers)
    job_reports.init_job_reports(app)
    assert len(job_ended.receivers) == before
