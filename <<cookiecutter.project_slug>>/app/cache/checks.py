"""Checks of Redis for ``flask doctor``."""

from collections.abc import Iterator

from flask import current_app
from redis import Redis
from redis.exceptions import RedisError

from .settings import REDIS_OPTIONS


def check_redis() -> Iterator[tuple[str, str]]:
    """Check that Redis responds."""
    if not (url := current_app.config["REDIS_URL"]):
        yield "warning", "REDIS_URL is not set: each process has a cache and rate limits of its own."
        return
    try:
        Redis.from_url(url, **REDIS_OPTIONS).ping()
    except RedisError as error:
        yield "error", f"REDIS_URL: no response ({type(error).__name__}). Start Redis or fix the URL."
