"""WSGI entry point: servers and the ``flask`` command import ``wsgi:app``."""

from app import create_app
from app.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    # The list of settings to fix, without a traceback.
    raise SystemExit(str(error)) from None
