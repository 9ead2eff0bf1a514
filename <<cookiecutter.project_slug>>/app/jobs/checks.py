"""Checks of background jobs for ``flask doctor``."""

from collections.abc import Iterator

from celery import Celery
from flask import current_app


def check_broker() -> Iterator[tuple[str, str]]:
    """Check that the broker responds and a worker is running."""
    if not current_app.config["BROKER_URL"]:
        yield "warning", "BROKER_URL is not set: tasks run within requests."
        return
    celery: Celery = current_app.extensions["celery"]
    try:
        workers = celery.control.ping(timeout=1.0)
    except Exception as error:  # each broker's library has its own
        yield "error", f"BROKER_URL: no response ({type(error).__name__}). Start the broker or fix the URL."
        return
    if not workers:
        yield "warning", "No worker responds. Start one."
