import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from app.config import load_config
from app.core import postgres
from app.core.postgres import BoundedConnection
from tests.support.production import REQUIRED


@pytest.fixture
def silent() -> Iterator[Any]:
    """A connection to a server that does not respond."""
    ours, theirs = socket.socketpair()
    connection: Any = BoundedConnection.__new__(BoundedConnection)
    connection._closed = True
    finished: list[bool] = []
    connection.pgconn = SimpleNamespace(
        socket=ours.fileno(), finish=lambda: finished.append(True), finished=finished, status=1
    )
    yield connection
    ours.close()
    theirs.close()


def endless() -> Iterator[Any]:
    """The generator by which psycopg waits for a response."""
    while True:
        yield psycopg.waiting.WAIT_R


def test_unresponsive_server_times_out(silent: Any) -> None:
    assert silent.patience == postgres.QUERY_SECONDS + 1
    silent.patience = 0.01
    with pytest.raises(psycopg.OperationalError, match="does not answer"):
        silent.wait(endless(), interval=0.01)
    assert silent.pgconn.finished == [True]


@pytest.mark.parametrize("environment", ["development", "production"])
def test_server_gets_timeouts(monkeypatch: pytest.MonkeyPatch, environment: str) -> None:
    for name, value in (REQUIRED | {"DATABASE_URL": "postgresql+psycopg://user@127.0.0.1/name"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FLASK_DEBUG", raising=False)
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    assert load_config(environment)["SQLALCHEMY_ENGINE_OPTIONS"]["pool_pre_ping"] is True


def test_engine_opens_bounded_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, Any]] = []

    def connect(*_: Any, **options: Any) -> None:
        opened.append(options)
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(BoundedConnection, "connect", connect)
    engine = create_engine("postgresql+psycopg://user@127.0.0.1/name", **postgres.ENGINE_OPTIONS)
    with pytest.raises(OperationalError):
        engine.connect()
    assert opened[0]["connect_timeout"] == postgres.CONNECT_SECONDS
