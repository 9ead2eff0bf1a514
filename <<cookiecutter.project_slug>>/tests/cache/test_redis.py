import socket
import time
from typing import Any

import pytest
from fakeredis import FakeServer
from flask import Flask
from redis import Connection, Redis, SSLConnection
from redis.exceptions import RedisError

from app.cache import redis_client as module
from app.cache.checks import check_redis
from app.cache.redis_client import OPTIONS, PatientPool, connect
from app.config import ConfigError, load_config
from app.core.log_config import configure_logging
from tests.support.production import REQUIRED

URL = "redis://127.0.0.1:1"


def test_nobody_waits_for_what_was_away_a_moment_ago(
    redis: FakeServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO", "console")
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    client = connect(URL)
    client.set("a", "1")
    redis.connected = False
    for _ in range(3):
        with pytest.raises(RedisError):
            client.get("a")
    redis.connected = True
    with pytest.raises(RedisError, match="a moment ago"):
        client.get("a")
    now[0] += module.PAUSE
    assert client.get("a") == b"1"
    assert client.get("a") == b"1"
    out = capsys.readouterr().out
    assert (out.count("redis is away"), out.count("redis is back")) == (1, 1)


def test_one_tries_while_the_others_go_on_without(redis: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    configure_logging("INFO", "console")
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    client = connect(URL)
    redis.connected = False
    with pytest.raises(RedisError):
        client.ping()
    now[0] += module.PAUSE
    redis.connected = True
    pool: Any = client.connection_pool
    trying = pool.get_connection()
    with pytest.raises(RedisError, match="a moment ago"):
        client.ping()
    pool.release(trying)


def test_server_that_accepts_and_says_nothing_costs_a_moment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("connection_class", "server"):
        monkeypatch.delitem(OPTIONS, name)
    now = time.monotonic()
    monkeypatch.setattr(module, "monotonic", lambda: now)  # the pause never ends
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = connect(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        silent.setblocking(False)
        started = time.monotonic()
        for _ in range(50):
            with pytest.raises(RedisError):
                client.get("a")
        assert time.monotonic() - started < 10 * OPTIONS["socket_timeout"]
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):  # nobody has come a second time
            silent.accept()
        client.close()


def test_url_may_ask_for_tls_and_carry_a_password() -> None:
    plain: Any = PatientPool.from_url("redis://:pass%40word@cache:6380/2")
    kept = plain.connection_kwargs
    assert (kept["host"], kept["port"], kept["password"], kept["db"]) == ("cache", 6380, "pass@word", 2)
    assert plain.connection_class is Connection
    secure: Any = PatientPool.from_url("rediss://cache?ssl_ca_certs=/etc/ca.pem")
    assert secure.connection_class is SSLConnection
    assert secure.connection_kwargs["ssl_ca_certs"] == "/etc/ca.pem"


@pytest.mark.parametrize("url", ["", "cache:6379", "http://cache", "redis://cache:port"])
def test_url_that_is_none_is_refused_in_production(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in (REQUIRED | {"REDIS_URL": url}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")
    with pytest.raises(ConfigError, match="REDIS_URL") as caught:
        load_config("production")
    assert "//cache:port" not in str(caught.value)


def test_doctor_tells_whether_redis_answers(redis: FakeServer, app: Flask) -> None:
    with app.app_context():
        assert [level for level, _ in check_redis()] == ["warning"]
        app.config["REDIS_URL"] = URL
        assert list(check_redis()) == []
        redis.connected = False
        assert [level for level, _ in check_redis()] == ["error"]


def test_tests_reach_no_server() -> None:
    assert isinstance(connect(URL), Redis)
