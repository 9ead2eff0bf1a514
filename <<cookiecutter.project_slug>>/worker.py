"""Where workers and the scheduler begin: ``celery -A worker worker`` and ``celery -A worker beat``."""

from app import create_app
from app.config import ConfigError
from app.core.doctor import refusal
from app.jobs.worker import init_worker

try:
    celery = init_worker(create_app())
except ConfigError as error:
    # An operator needs the list of settings to mend, not a traceback.
    raise SystemExit(refusal(error)) from None
