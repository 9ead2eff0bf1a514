"""A Celery worker that responds, for ``flask doctor``."""

import pytest
from celery.app.control import Control


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker respond to the broker's ping."""
    monkeypatch.setattr(Control, "ping", lambda *_args, **_options: [{"celery@test": {"ok": "pong"}}])
