"""PostgreSQL that fails without taking the application along: every wait has an end."""

from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from sqlalchemy import event
from sqlalchemy.engine import Engine

CONNECT_SECONDS = 3
QUERY_SECONDS = 10

# https://www.postgresql.org/docs/current/libpq-connect.html and runtime-config-client.html
CONNECT_ARGS = {
    "connect_timeout": CONNECT_SECONDS,
    # A server that is gone without a word is noticed by TCP, on an idle connection too.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": QUERY_SECONDS * 1000,
    "options": f"-c statement_timeout={QUERY_SECONDS}s -c idle_in_transaction_session_timeout=60s",
}
ENGINE_OPTIONS: dict[str, Any] = {
    "pool_pre_ping": True,  # a connection that died while idle is replaced, unnoticed by the request
    "pool_timeout": 5,
    "pool_recycle": 1800,
    "connect_args": CONNECT_ARGS,
}


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that gives up on a server that holds the line and says nothing (a frozen one, for example).

    The server's own ``statement_timeout`` cannot help there, because the server does not run.
    """

    # Who knows that the server will need longer sets this to None, as migrations do.
    patience: float | None = QUERY_SECONDS + 1

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for an answer, a little longer than the server may take.

        Raises:
            psycopg.OperationalError: none came; the connection is closed.
        """
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except _WaitTimeout as error:
            self.pgconn.finish()
            raise psycopg.OperationalError("the server does not answer") from error


@event.listens_for(Engine, "do_connect")
def connect(dialect: Any, _record: Any, args: Any, options: Any) -> Any:
    """Open bounded connections; other databases go their own way."""
    if dialect.driver == "psycopg":
        return BoundedConnection.connect(*args, **options)
    return None
