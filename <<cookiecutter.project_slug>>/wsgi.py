"""WSGI entry point: servers and the ``flask`` command import ``wsgi:app``."""

from app import create_app
from app.config import ConfigError
from app.core.doctor import refusal

try:
    app = create_app()
except ConfigError as error:
    # An operator needs the list of settings to mend, not a traceback.
    raise SystemExit(refusal(error)) from None
