"""Celery, and the broker that carries its messages: how an application makes the one and finds the other."""

from dataclasses import dataclass
from typing import Any, cast

from blinker import Signal
from celery import Celery, Task
from celery.schedules import crontab
from flask import Flask, current_app
from kombu import Connection

from app.core.environment import Environment

from .broker_address import secured, usable

QUEUE = "jobs"
# Sent by the application with ``job``, ``outcome``, ``error`` (an exception or none) and ``seconds`` when a worker is done
# with a job. Whoever watches jobs listens to it, from below as well.
job_ended = Signal()
MARGIN = 15  # seconds between the end of a job's time and the moment at which another worker may take it over
SWEEP = 10  # seconds between two looks for jobs that nobody has been told of
# What scheduled tasks there are, and when. See https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html.
SCHEDULE: dict[str, Any] = {
    # One that waits longer than its turn is overtaken by the next.
    "sweep": {"task": "sweep", "schedule": SWEEP, "options": {"expires": SWEEP}},
    "purge": {"task": "purge", "schedule": crontab(minute="17"), "options": {"expires": 3600}},
}
# A page waits so long for the broker, in seconds; a worker is more patient.
HURRY: dict[str, Any] = {
    "max_retries": 0,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1.0,
    "read_timeout": 1.0,
    "write_timeout": 1.0,
}


@dataclass(frozen=True)
class BrokerState:
    """What the broker says.

    Parameters:
        waiting: how many messages nobody has fetched.
        workers: how many workers answer.
    """

    waiting: int
    workers: int


def job_settings(env: Environment, basis: Any) -> dict[str, Any]:
    """Read what jobs need from the environment.

    Parameters:
        env: where the values come from. What cannot be used is left in ``env.problems``.
        basis: the other settings.
    """
    url = env.text("BROKER_URL")
    if url and not usable(url):
        env.problems.append(
            "BROKER_URL is no address of a broker: write redis://:password@host:6379/1, rediss://…, amqp://… or amqps://…"
        )
        url = ""
    return {
        "BROKER_URL": url,
        "JOB_SECONDS": env.integer("JOB_SECONDS", 60, minimum=1),
        "JOB_DAYS": env.integer("JOB_DAYS", 7, minimum=1),
        "NAVIGATION": (*basis.NAVIGATION, ("Exports", "exports.index")),
        "WORKER_ALIVE_FILE": env.text("WORKER_ALIVE_FILE"),
        "WORKER_CONCURRENCY": env.integer("WORKER_CONCURRENCY", 2, minimum=1),
    }


def make_celery(app: Flask) -> Celery:
    """Make the Celery application of a Flask application; nothing is connected yet.

    See https://docs.celeryq.dev/en/stable/userguide/configuration.html.
    """

    class ContextTask(Task[..., Any]):
        """A task that runs in the application's context."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    (url, tls), seconds = secured(app.config["BROKER_URL"] or "memory://"), app.config["JOB_SECONDS"]
    amqp = url.startswith("amqp")
    # Redis gives a message to another worker when nobody has confirmed it for so long; workers look every ten seconds.
    redis = {"visibility_timeout": seconds + 2 * MARGIN, "unacked_restore_throttle": 1}
    options = {"confirm_publish": True} if amqp else redis
    celery = Celery(app.import_name, task_cls=ContextTask, set_as_current=False)
    celery.conf.update(
        alive_file=app.config["WORKER_ALIVE_FILE"],
        beat_schedule=SCHEDULE,
        # A worker waits for its broker as long as it takes.
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_transport_options=options,
        broker_url=url,
        broker_use_ssl=tls,
        control_queue_exclusive=True,
        event_queue_exclusive=True,
        task_acks_late=True,
        task_default_queue=QUEUE,
        task_default_queue_type="quorum" if amqp else "classic",
        task_ignore_result=True,
        task_reject_on_worker_lost=True,
        task_soft_time_limit=seconds,
        task_time_limit=seconds + MARGIN // 3,
        timezone="UTC",
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_concurrency=app.config["WORKER_CONCURRENCY"],
        worker_prefetch_multiplier=1,
        worker_redirect_stdouts=False,
    )
    return cast("Celery", celery)


def connect() -> Connection:
    """Give a connection to the broker for somebody who cannot wait; a ``with`` block opens and closes it."""
    celery: Celery = current_app.extensions["celery"]
    return celery.connection_for_write(connect_timeout=1, transport_options=HURRY)


def publish(name: str, job_id: int, headers: dict[str, str]) -> None:
    """Tell the workers of a job.

    Parameters:
        name: the function that does it.
        job_id: which.
        headers: what the message says of whoever wanted it.

    Raises:
        Exception: the broker does not take it; each library has errors of its own.
    """
    celery: Celery = current_app.extensions["celery"]
    with connect() as connection:
        celery.send_task(
            name,
            (job_id,),
            connection=connection,
            confirm_timeout=HURRY["read_timeout"],
            headers=headers,
            retry=False,
        )


def ask_broker(patience: float = 1.0) -> BrokerState:
    """Ask the broker how many messages wait and how many workers there are.

    Parameters:
        patience: the seconds in which a worker may answer.

    Raises:
        Exception: the broker does not answer; each library has errors of its own.
    """
    celery: Celery = current_app.extensions["celery"]
    waiting = count_messages()
    with connect() as connection:
        answers = celery.control.ping(timeout=patience, connection=connection)
    return BrokerState(waiting, len(answers or ()))


def count_messages() -> int:
    """Ask the broker how many messages nobody has fetched.

    Raises:
        Exception: the broker does not answer; each library has errors of its own.
    """
    with connect() as connection:
        channel: Any = connection.default_channel
        try:
            return int(channel.queue_declare(QUEUE, passive=True).message_count)
        except connection.channel_errors:  # nobody has sent anything yet
            return 0
