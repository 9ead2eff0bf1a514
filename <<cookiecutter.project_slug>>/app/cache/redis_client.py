"""Redis as something that may be away: short waits, and none at all for a while after one was in vain."""

from contextlib import suppress
from functools import cache
from threading import Lock
from time import monotonic, time
from typing import Any

import structlog
from limits.storage import Storage
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, TimeoutError
from redis.retry import Retry

from app.core.rate_limits import ProcessStorage
from app.core.settings import Env, parsed_by

PAUSE = 5.0  # seconds in which nobody is asked, after a question without an answer
OPTIONS: dict[str, Any] = {
    # Pages are quick without Redis: waiting longer for it would cost more than it saves.
    "socket_connect_timeout": 0.3,
    "socket_timeout": 0.3,
    "retry": Retry(NoBackoff(), 0),
    "protocol": 2,
}

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class PatientPool(ConnectionPool):
    """Connections that nobody gets while Redis is away.

    After a failure every question is refused at once for ``PAUSE`` seconds; then one may try, and the others go on
    without. Both turns are logged once.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.away = False
        self.until = 0.0
        self.turn = Lock()

    def get_connection(self, *words: Any, **options: Any) -> Any:
        """Give a connection.

        Raises:
            ConnectionError: Redis cannot be reached, or could not a moment ago.
            TimeoutError: it does not answer.
        """
        with self.turn:
            if self.away and monotonic() < self.until:
                raise ConnectionError("Redis was away a moment ago")
            if self.away:
                self.until = monotonic() + PAUSE
        try:
            return super().get_connection(*words, **options)
        except (ConnectionError, TimeoutError, OSError) as error:
            self.mark(away=True, reason=type(error).__name__)
            raise

    def release(self, connection: Any) -> None:
        """Take a connection back; one that had to be closed did not get its answer."""
        self.mark(away=not connection.is_connected, reason="no answer")
        super().release(connection)

    def mark(self, *, away: bool, reason: str) -> None:
        """Remember whether Redis answers, and log when that changes."""
        with self.turn:
            changed, self.away = away is not self.away, away
            if away:
                self.until = monotonic() + PAUSE
        if changed and away:
            log.warning("redis is away", reason=reason)
        elif changed:
            log.info("redis is back")


@cache
def connect(url: str) -> Redis:
    """Give the client for ``url``, the same for all who ask; nothing is connected yet.

    Parameters:
        url: ``redis://`` or, with TLS, ``rediss://``, with ``:password@`` before the host. What follows a ``?`` are
            options of redis-py, ``ssl_ca_certs`` for example.

    Raises:
        ValueError: it is no such URL.
    """
    if not url.startswith(("redis://", "rediss://")):
        raise ValueError("not an address of Redis")
    return Redis(connection_pool=PatientPool.from_url(url, **OPTIONS))


def redis_url(env: Env) -> str:
    """Return ``REDIS_URL``."""
    hint = "Write redis://:password@host:6379/0, or rediss:// for TLS."
    return env.secret("REDIS_URL", "", validate=parsed_by(connect, hint))


class SharedStorage(Storage):
    """Counts in Redis, for all processes together; while it is away each process counts for itself.

    It takes the place of the library's own class, with which limits would end or every request would fail.

    Parameters:
        uri: see ``connect``.
    """

    STORAGE_SCHEME = ["redis", "rediss"]  # noqa: RUF012

    def __init__(self, uri: str, **_: float | str | bool) -> None:
        super().__init__(uri)
        self.redis = connect(uri)
        self.own = ProcessStorage()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors of the storage."""
        return RedisError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Add ``amount`` to the count of ``key``, which starts anew after ``expiry`` seconds."""
        with suppress(RedisError), self.redis.pipeline() as pipeline:
            pipeline.set(name(key), 0, ex=int(expiry), nx=True)
            pipeline.incrby(name(key), amount)
            return int(pipeline.execute()[-1])
        return self.own.incr(key, expiry, amount)

    def get(self, key: str) -> int:
        """Give the count of ``key``."""
        with suppress(RedisError):
            return int(self.redis.get(name(key)) or 0)
        return self.own.get(key)

    def get_expiry(self, key: str) -> float:
        """Give the moment at which the count of ``key`` starts anew."""
        with suppress(RedisError):
            return time() + max(0, int(self.redis.pttl(name(key)))) / 1000
        return self.own.get_expiry(key)

    def check(self) -> bool:
        """Tell whether Redis answers."""
        with suppress(RedisError):
            return bool(self.redis.ping())
        return False

    def reset(self) -> int:
        """Forget everything, and give how much that was."""
        number = self.own.reset()
        with suppress(RedisError):
            number += sum(int(self.redis.delete(key)) for key in self.redis.scan_iter(name("*")))
        return number

    def clear(self, key: str) -> None:
        """Forget the count of ``key``."""
        self.own.clear(key)
        with suppress(RedisError):
            self.redis.delete(name(key))


def name(key: str) -> str:
    """Give the name under which Redis knows a count."""
    return f"limits:{key}"
