"""The cache: Flask-Caching, with JSON in Redis.

``@cache.memoize()`` is for services that return plain data: numbers, strings, lists and dictionaries of them.
A service that changes the result calls ``cache.delete_memoized``; should that fail, the old result is seen
for CACHE_SECONDS at most. Views are not cached: a page has a session, messages, forms.
"""

from flask import Flask
from flask_caching import Cache
# <% if cookiecutter.auth %>

from app.auth.owner import owner_id
# <% endif %>

from .backend import CacheSerializer
from .settings import REDIS_OPTIONS

CACHE_SECONDS = 60

cache = Cache()


def key_prefix() -> str:
    """Return what every key begins with."""
    # <% if cookiecutter.auth %>
    return f"cache:{owner_id()}:"  # no account ever sees what was cached for another one
    # <% else %>
    return "cache:"
    # <% endif %>


def init_cache(app: Flask) -> None:
    """Bind the cache to ``app``; without ``REDIS_URL`` nothing is cached."""
    if not app.config["REDIS_URL"]:
        cache.init_app(app, config={"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True})
        return
    config = {
        "CACHE_TYPE": "app.cache.backend.RedisCache",
        "CACHE_REDIS_URL": app.config["REDIS_URL"],
        "CACHE_OPTIONS": dict(REDIS_OPTIONS),
        "CACHE_SERIALIZER": CacheSerializer,
        "CACHE_DEFAULT_TIMEOUT": CACHE_SECONDS,
        "CACHE_KEY_PREFIX": key_prefix,
        "CACHE_ENABLE_SIGNALS": True,
    }
    cache.init_app(app, config=config)
