"""Checks of ``flask doctor`` about background jobs."""

from collections.abc import Iterator

from celery import Celery
from flask import current_app

from app.core.findings import Finding, error, warning


def check_broker() -> Iterator[Finding]:
    """Check that the broker responds and a worker is running."""
    if not current_app.config["BROKER_URL"]:
        yield warning("BROKER_URL", "tasks run within requests", "start Redis or RabbitMQ and set it")
        return
    celery: Celery = current_app.extensions["celery"]
    try:
        workers = celery.control.ping(timeout=1.0)
    except Exception as problem:  # each broker's library has its own
        yield error("broker", f"no response ({type(problem).__name__})", "start it or fix BROKER_URL")
        return
    if not workers:
        yield warning("jobs", "no worker responds", "start a worker")
