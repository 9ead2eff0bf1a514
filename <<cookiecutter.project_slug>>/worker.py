"""Entry point of workers and the scheduler: ``celery -A worker worker``, ``celery -A worker beat``."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, signals

from app import create_app
from app.config import ConfigError
from app.jobs.settings import FAIL_FAST


@signals.setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Leave logging to the application; Celery configures its own unless this signal has a receiver."""


@signals.beat_init.connect
@signals.heartbeat_sent.connect
def touch_alive_file(**_: Any) -> None:
    """Show a health check that the scheduler has started, or that the worker is connected to its broker."""
    if name := os.environ.get("WORKER_ALIVE_FILE"):
        Path(name).touch()


try:
    celery: Celery = create_app().extensions["celery"]
except ConfigError as error:
    raise SystemExit(str(error)) from None
# Workers wait for their broker as long as it takes.
options = celery.conf.broker_transport_options
celery.conf.broker_transport_options = {name: options[name] for name in options.keys() - FAIL_FAST.keys()}
