"""Redis as something that may be away: short waits, and none at all for a while after one was in vain."""

from functools import cache
from threading import Lock
from time import monotonic
from typing import Any

import structlog
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, TimeoutError
from redis.retry import Retry

from app.core.settings import Env
from app.core.validators import parsed_by

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
