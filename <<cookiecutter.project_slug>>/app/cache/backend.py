"""Redis as the backend of the cache: while it is unavailable, every lookup is a miss."""

from collections.abc import Callable
from time import monotonic
from typing import Any, ParamSpec, TypeVar

import flask_caching.backends.rediscache
import structlog
from cachelib.serializers import JSONSerializer
from redis.exceptions import RedisError
# <% if cookiecutter.observability == "prometheus" %>

from app.observability.cache_metrics import count_error
# <% endif %>

RETRY_SECONDS = 5  # for which Redis is not used after an error: waiting for it once is enough

P = ParamSpec("P")
T = TypeVar("T")

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class CacheSerializer(JSONSerializer):
    """JSON: unlike a pickle, what comes from Redis can be data only."""

    def loads(self, bvalue: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the value, None if there is none."""
        return None if bvalue is None else super().loads(bvalue, *args, **kwargs)


class RedisCache(flask_caching.backends.rediscache.RedisCache):
    """Flask-Caching's backend, without its exceptions."""

    retry_at = 0.0

    def attempt(self, default: T, command: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of a command, or ``default`` while Redis is unavailable."""
        if monotonic() < self.retry_at:
            return default
        try:
            return command(*args, **kwargs)
        except RedisError as error:
            self.retry_at = monotonic() + RETRY_SECONDS
            log.warning("redis unavailable", error=type(error).__name__)
            # <% if cookiecutter.observability == "prometheus" %>
            count_error()
            # <% endif %>
            return default

    def get(self, key: str) -> Any:
        return self.attempt(None, super().get, key)

    def get_many(self, *keys: str) -> list[Any]:
        return self.attempt([None] * len(keys), super().get_many, *keys)

    def has(self, key: str) -> bool:
        return self.attempt(False, super().has, key)

    def set(self, key: str, value: Any, timeout: Any = None) -> Any:
        return self.attempt(None, super().set, key, value, timeout)

    def set_many(self, mapping: dict[str, Any], timeout: Any = None) -> list[Any]:
        return self.attempt([], super().set_many, mapping, timeout)

    def add(self, key: str, value: Any, timeout: Any = None) -> Any:
        return self.attempt(None, super().add, key, value, timeout)

    def delete(self, key: str) -> bool:
        return self.attempt(False, super().delete, key)

    def delete_many(self, *keys: str) -> list[Any]:
        return self.attempt([], super().delete_many, *keys)

    def clear(self) -> bool:
        return self.attempt(False, super().clear)
