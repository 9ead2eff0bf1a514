"""Redis as what Flask-Caching keeps things in."""

import pickle  # nosec B403  (signed below)
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cachelib.serializers import BaseSerializer
from flask import Flask
from flask_caching.backends.rediscache import RedisCache
from itsdangerous import BadData, Serializer
from redis.exceptions import RedisError

from app.core.secret_keys import signing_keys

from .redis_client import connect


@lru_cache
def release(folder: str) -> str:
    """Give a word for the code and the templates in a folder: another release has another one.

    While one release takes the place of another, both ask the same Redis, and a class or a page of the one may be
    unknown to the other.
    """
    root, digest = Path(folder), sha256()
    for path in sorted([*root.rglob("*.py"), *root.glob("templates/**/*.*")]):
        digest.update(f"{path.relative_to(root)} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


class SignedSerializer(BaseSerializer):
    """Pickles under a signature: Redis is asked for data, and must not be able to answer with code.

    Parameters:
        keys: the secret keys, the newest last.
    """

    def __init__(self, keys: list[str]) -> None:
        self.signed = Serializer(keys, salt="cache", serializer=pickle)

    def dumps(self, value: Any, protocol: int = pickle.HIGHEST_PROTOCOL) -> bytes:
        """Give the value in bytes."""
        return bytes(self.signed.dumps(value))

    def loads(self, bvalue: bytes | None) -> Any:
        """Give the value, or None where it is missing, somebody else's, or of another release."""
        with suppress(BadData):
            return self.signed.loads(bvalue) if bvalue else None
        return None


class SharedCache(RedisCache):
    """Redis without surprises: while it is away, nothing is found and nothing is kept."""

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> "SharedCache":
        """Make the cache of an application."""
        made = cls(connect(app.config["REDIS_URL"]), key_prefix=config["CACHE_KEY_PREFIX"], **kwargs)
        made.serializer = SignedSerializer(signing_keys(app.config))  # type: ignore[assignment]
        return made

    def get(self, key: str) -> Any:
        with suppress(RedisError):
            return super().get(key)
        return None

    def get_many(self, *keys: str) -> list[Any]:
        with suppress(RedisError):
            return super().get_many(*keys)
        return [None] * len(keys)

    def get_dict(self, *keys: str) -> dict[str, Any]:
        """Give what is kept under the keys; an empty dictionary while Redis is away."""
        with suppress(RedisError):
            return dict(zip(keys, super().get_many(*keys), strict=True))
        return {}

    def set(self, key: str, value: Any, timeout: Any = None) -> Any:
        with suppress(RedisError):
            return super().set(key, value, timeout)
        return False

    def add(self, key: str, value: Any, timeout: Any = None) -> Any:
        with suppress(RedisError):
            return super().add(key, value, timeout)
        return False

    def set_many(self, mapping: dict[str, Any], timeout: Any = None) -> list[Any]:
        with suppress(RedisError):
            return super().set_many(mapping, timeout)
        return []

    def has(self, key: str) -> bool:
        with suppress(RedisError):
            return super().has(key)
        return False

    def delete(self, key: str) -> bool:
        with suppress(RedisError):
            return super().delete(key)
        return False

    def delete_many(self, *keys: str) -> list[Any]:
        with suppress(RedisError):
            return super().delete_many(*keys)
        return []

    def clear(self) -> bool:
        """Forget everything; False while Redis is away, and not where there is nothing to forget."""
        with suppress(RedisError):
            super().clear()
            return True
        return False
