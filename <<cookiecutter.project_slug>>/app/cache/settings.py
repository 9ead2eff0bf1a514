"""How the cache and the rate limits reach Redis."""

from typing import Any

from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.core.settings import Env
from app.core.validators import parsed_by

# Pages work without Redis, so waiting for it longer would cost more than it saves.
REDIS_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": 0.3,
    "socket_timeout": 0.3,
    "retry": Retry(NoBackoff(), 0),
    "protocol": 2,
}


def redis_url(env: Env) -> str:
    """Return ``REDIS_URL``; its query may hold options of redis-py, as in ``?ssl_ca_certs=/etc/ca.pem``."""
    hint = "Write redis://:password@host:6379/0, or rediss:// for TLS."
    return env.secret("REDIS_URL", "", validate=parsed_by(ConnectionPool.from_url, hint))
