import pytest
from fakeredis import FakeServer
from flask import Flask

from app.cache.checks import check_redis
from app.config import ConfigError, load_config
from tests.support.production import REQUIRED


@pytest.mark.parametrize("url", ["", "cache:6379", "http://cache", "redis://cache:port"])
def test_production_rejects_an_invalid_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name, value in (REQUIRED | {"REDIS_URL": url}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")
    with pytest.raises(ConfigError, match="REDIS_URL") as caught:
        load_config("production")
    assert "//cache:port" not in str(caught.value)


def test_doctor_checks_whether_redis_responds(redis: FakeServer, app: Flask) -> None:
    with app.app_context():
        assert [level for level, _ in check_redis()] == ["warning"]
        app.config["REDIS_URL"] = "redis://127.0.0.1:1"
        assert list(check_redis()) == []
        redis.connected = False
        assert [level for level, _ in check_redis()] == ["error"]
