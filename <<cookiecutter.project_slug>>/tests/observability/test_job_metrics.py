import pytest
from celery import Celery, signals
from flask import Flask
from prometheus_client import REGISTRY

from app.blueprints.exports import services, tasks
from app.observability.job_metrics import QueueCollector
from tests.conftest import Call


def count(name: str, outcome: str) -> float:
    """Return how many runs were counted."""
    return REGISTRY.get_sample_value("jobs_total", {"name": name, "outcome": outcome}) or 0.0


def test_runs_are_counted_by_outcome(call: Call) -> None:
    before = count(tasks.delete_old_exports.name, "done")
    call(tasks.delete_old_exports.delay)
    assert count(tasks.delete_old_exports.name, "done") == before + 1


def test_unreadable_messages_are_counted_without_the_names_that_they_invent(app: Flask) -> None:
    before = count("unknown", "failed")
    signals.task_unknown.send(sender=app, name="invented", message=None, exc=None, id="1")
    assert count("unknown", "failed") == before + 1


def test_worker_exports_all_series_from_the_start(app: Flask) -> None:
    signals.worker_process_init.send(sender=app)
    labels = {"name": tasks.resend_exports.name, "outcome": "failed"}
    assert REGISTRY.get_sample_value("jobs_total", labels) == 0


def test_scheduler_exports_the_exports_and_leaves_out_a_broker_that_is_unavailable(
    app: Flask, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(services.start_export)
    monkeypatch.setitem(app.extensions, "celery", Celery(broker="redis://127.0.0.1:1", set_as_current=False))
    families = {family.name: family for family in QueueCollector(app).collect()}
    states = {sample.labels["state"]: sample.value for sample in families["jobs_in_state"].samples}
    assert states == {"queued": 0, "running": 0, "done": 1, "failed": 0}
    assert families["jobs_waiting_seconds"].samples[0].value == 0
    assert "jobs_messages" not in families
