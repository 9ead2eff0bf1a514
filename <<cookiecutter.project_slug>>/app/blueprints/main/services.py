"""What pages and commands share.

Services use the application (``current_app``) and its context (``g``), never the request.
"""

from flask import current_app


def greeting() -> str:
    """Return what the application says first."""
    return f"Hello from {current_app.config['APP_NAME']}!"
