"""What is done in the background: ``@job`` names a function, ``enqueue`` wants it done, a worker does it.

Each job is a row of the table ``jobs`` and, once sent, a message in the broker. The row is the truth: a message may be
lost, doubled or late, and the job is done once.
"""

import logging

from flask import Flask

from app.jobs.broker import make_celery

from . import tracing as tracing
from .commands import jobs
from .queue import enqueue as enqueue
from .work import Work as Work
from .work import job as job

# What they say of each task at the level of information, jobs say themselves, with their requests' ids.
CHATTY = ("celery.app.trace", "celery.beat", "celery.worker.strategy")


def init_jobs(app: Flask) -> None:
    """Give the application a Celery, which connects when it is used, and the commands about jobs."""
    app.extensions["celery"] = make_celery(app)
    app.cli.add_command(jobs)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(app.config["LOG_LEVEL"])))
