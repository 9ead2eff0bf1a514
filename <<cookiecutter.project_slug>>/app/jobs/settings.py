"""Settings of Celery, see https://docs.celeryq.dev/en/stable/userguide/configuration.html."""

from typing import Any

from celery.schedules import crontab

from app.core.settings import Env
from app.core.validators import POSITIVE, parsed_by

from .broker_address import check_url, secured

BROKER = parsed_by(check_url, "Write redis://:password@host:6379/1 or amqp://user:password@host:5672//.")

# https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html
SCHEDULE: dict[str, Any] = {
    "resend-exports": {"task": "app.blueprints.exports.tasks.resend_exports", "schedule": 30.0},
    "delete-old-exports": {
        "task": "app.blueprints.exports.tasks.delete_old_exports",
        "schedule": crontab(minute="17"),
    },
}
# A request waits at most about a second for the broker; worker.py lifts these limits.
FAIL_FAST = {
    "max_retries": 0,
    "connect_timeout": 1.0,
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1.0,
    "read_timeout": 1.0,
    "write_timeout": 1.0,
}


def job_settings(env: Env) -> dict[str, Any]:
    """Return the settings of background jobs."""
    url = env.secret("BROKER_URL", "", validate=BROKER)
    seconds = env.int("JOB_SECONDS", 60, validate=POSITIVE) or 60  # None after an error
    broker_url, tls = secured(url or "memory://")
    return {
        "BROKER_URL": url,
        "EXPORT_DAYS": env.int("EXPORT_DAYS", 7, validate=POSITIVE),
        "CELERY": {
            "beat_schedule": SCHEDULE,
            "broker_connection_max_retries": None,
            "broker_connection_retry_on_startup": True,
            "broker_transport_options": FAIL_FAST | delivery_options(broker_url, seconds),
            "broker_url": broker_url,
            "broker_use_ssl": tls,
            "result_backend": env.secret("RESULT_BACKEND", "") or None,
            "task_always_eager": not url,  # without a broker a task runs where it is called
            "task_default_queue_type": "quorum" if broker_url.startswith("amqp") else "classic",
            "task_ignore_result": True,
            "task_publish_retry": False,
            "task_soft_time_limit": seconds,
            "task_time_limit": seconds + 5,
            "worker_cancel_long_running_tasks_on_connection_loss": True,
            "worker_concurrency": env.int("WORKER_CONCURRENCY", 2, validate=POSITIVE),
            "worker_prefetch_multiplier": 1,
            "worker_redirect_stdouts": False,
        },
    }


def delivery_options(broker_url: str, seconds: int) -> dict[str, Any]:
    """Return the transport options that make deliveries reliable.

    Redis delivers a message again that was not acknowledged for ``visibility_timeout`` seconds: longer than a
    task may run or wait for its next retry. Workers look for such messages every ten seconds.
    """
    if broker_url.startswith("amqp"):
        return {"confirm_publish": True}
    return {"visibility_timeout": 5 * seconds, "unacked_restore_throttle": 1}
