"""PostgreSQL, as the application connects to it: no wait is without an end while the server runs."""

from typing import Any

import psycopg
from sqlalchemy import make_url

# https://www.postgresql.org/docs/current/libpq-connect.html
CONNECT_ARGS = {
    "connect_timeout": 3,
    # TCP notices a server that has vanished, on an idle connection too.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # A pooler may execute the next transaction on another connection, without this one's statements.
    "prepare_threshold": None,
}
# https://www.postgresql.org/docs/current/runtime-config-client.html
SESSION_TIMEOUTS = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'"


def engine_options(url: str) -> dict[str, Any]:
    """Return the options of SQLAlchemy's engine; parameters in the query of the URL take precedence."""
    query = make_url(url).query
    return {
        "pool_pre_ping": True,  # a connection that was closed while idle is replaced
        "pool_recycle": 1800,
        # Fewer than the threads of a server: some still respond when all connections wait for the database.
        "pool_size": 6,
        "max_overflow": 0,
        "pool_timeout": 3,
        "connect_args": {name: value for name, value in CONNECT_ARGS.items() if name not in query},
    }


def set_session_timeouts(connection: Any, _record: Any) -> None:
    """Limit statements, unless the URL has ``options``; a listener for SQLAlchemy's ``connect`` event.

    Poolers such as PgBouncer reject start-up options, so these are statements.
    """
    if isinstance(connection, psycopg.Connection) and not connection.info.options:
        connection.execute(SESSION_TIMEOUTS)
        connection.commit()
