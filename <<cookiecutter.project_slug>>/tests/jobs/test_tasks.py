from typing import Any

import pytest
import structlog
from celery import Celery, shared_task
from flask import Flask, current_app
from kombu.exceptions import OperationalError

from app.blueprints.exports import services, tasks
from app.core.environment import Environment
from app.jobs.settings import job_settings
from tests.conftest import Call

seen: list[dict[str, Any]] = []


@shared_task(ignore_result=False)
def look() -> str:
    """Record what the log lines of a task carry."""
    seen.append(structlog.contextvars.get_contextvars())
    return current_app.import_name


def test_task_runs_in_the_application_context_with_the_id_of_its_request(app: Flask) -> None:
    with app.app_context(), structlog.contextvars.bound_contextvars(request_id="abc"):
        result = look.delay()
    assert result.get() == "app"
    assert seen[-1] == {"request_id": "abc", "task": look.name, "task_id": result.id}


def test_request_does_not_fail_while_the_broker_is_unavailable(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.write_export, "apply_async", refuse)
    export = call(services.start_export)
    assert export.last_seen is None


@pytest.mark.parametrize("url", ["redis", "http://example.com", "redis://:hunter2@host:port/1"])
def test_wrong_broker_url_is_a_problem(url: str) -> None:
    env = Environment({"BROKER_URL": url})
    job_settings(env, type("Base", (), {"NAVIGATION": ()}))
    (problem,) = env.problems
    assert problem.startswith("BROKER_URL")
    assert "hunter2" not in problem


def test_schedule_names_tasks_that_exist(app: Flask) -> None:
    celery: Celery = app.extensions["celery"]
    assert {entry["task"] for entry in celery.conf.beat_schedule.values()} <= celery.tasks.keys()
