"""Background tasks with Celery, see https://flask.palletsprojects.com/patterns/celery/."""

from typing import Any

from celery import Celery, Task
from flask import Flask
from structlog.contextvars import get_contextvars

from . import log_context as log_context  # connects its signals


def celery_init_app(app: Flask) -> Celery:
    """Create the Celery application; it connects to the broker when a task is sent."""

    class FlaskTask(Task[Any, Any]):
        """A task that runs in an application context and knows the request that sent it."""

        def apply_async(self, *args: Any, headers: dict[str, Any] | None = None, **options: Any) -> Any:
            headers = {"request_id": get_contextvars().get("request_id"), **(headers or {})}
            return super().apply_async(*args, headers=headers, **options)

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery_app: Celery = Celery(app.name, task_cls=FlaskTask)
    celery_app.config_from_object(app.config["CELERY"])
    celery_app.set_default()
    app.extensions["celery"] = celery_app
    return celery_app
