"""WSGI entry point: servers and the ``flask`` command import ``wsgi:app``."""

from app import create_app
from app.config import ConfigError

try:
    app = create_app()
except ConfigError as error:
    # An operator needs the list of settings to mend, not a traceback.
    raise SystemExit(f"{error}") from None
