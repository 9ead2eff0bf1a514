"""What reads messages in a worker; only Celery's worker imports it."""

from collections.abc import Callable
from typing import Any

from celery import signals
from celery.worker.consumer import Consumer

# Celery takes headers for granted that a message may lack: their absence would end worker after worker.
SHAPELESS = (AttributeError, LookupError, TypeError, ValueError)


class Reader(Consumer):
    """A reader that sends ``task_rejected`` for each message that it throws away, and lives on."""

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        """Give what takes a message."""
        take = super().create_task_handler(*args, **kwargs)

        def take_or_reject(message: Any) -> None:
            """Let a message be done, or thrown away if it has not the shape of one."""
            try:
                take(message)
            except SHAPELESS as error:
                self.on_invalid_task(None, message, error)

        return take_or_reject

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Throw a message away that cannot be decoded, where Celery sends no signal itself."""
        super().on_decode_error(message, exc)
        signals.task_rejected.send(sender=self, message=message, exc=exc)
