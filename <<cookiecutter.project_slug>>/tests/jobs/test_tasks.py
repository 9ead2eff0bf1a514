from typing import Any

import pytest
import structlog
from celery import Celery, shared_task
from celery.app.control import Control
from flask import Flask, current_app, json
from kombu.exceptions import OperationalError

from app.blueprints.exports import services, tasks
from app.config import ConfigError, load_config
from app.jobs.checks import check_broker
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


def test_each_model_in_the_list_is_exported(call: Call) -> None:
    export = call(services.start_export)
    document = json.loads(call(services.read_export, export.id))
    assert list(document) == [model.__tablename__ for model in tasks.EXPORTED]


def test_request_does_not_fail_while_the_broker_is_unavailable(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(tasks.write_export, "apply_async", refuse)
    export = call(services.start_export)
    assert export.last_seen is None


@pytest.mark.parametrize("url", ["redis", "http://example.com", "redis://:hunter2@host:port/1"])
def test_wrong_broker_url_is_rejected(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TEST_BROKER_URL", url)
    with pytest.raises(ConfigError, match="BROKER_URL: ") as caught:
        load_config("testing")
    assert "hunter2" not in str(caught.value)


def test_schedule_names_tasks_that_exist(app: Flask) -> None:
    celery: Celery = app.extensions["celery"]
    assert {entry["task"] for entry in celery.conf.beat_schedule.values()} <= celery.tasks.keys()


def test_doctor_checks_the_broker(app: Flask, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "BROKER_URL", "")
    assert [level for level, _ in call(lambda: list(check_broker()))] == ["warning"]
    monkeypatch.setitem(app.config, "BROKER_URL", "redis://127.0.0.1:1")
    assert call(lambda: list(check_broker())) == []
    monkeypatch.setattr(Control, "ping", lambda *_args, **_options: [])
    assert [level for level, _ in call(lambda: list(check_broker()))] == ["warning"]

    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalError

    monkeypatch.setattr(Control, "ping", refuse)
    assert [level for level, _ in call(lambda: list(check_broker()))] == ["error"]
