"""Metrics of requests and database connections."""

from collections.abc import Iterator

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import create_engine, text
from sqlalchemy.pool import QueuePool

from app import create_app
from app.extensions import db
from app.observability import metrics


def value(name: str, **labels: str) -> float:
    """Return the value of a series, or 0."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def requests(**labels: str) -> float:
    """Return how many requests were counted with these labels."""
    return value("http_request_duration_seconds_count", **labels)


@pytest.fixture
def own() -> Iterator[Flask]:
    """An application with a view that may fail."""
    app = create_app("testing")

    @app.get("/things/<int:number>")
    def thing(number: int) -> str:
        return str(1 / number)

    app.config["PROPAGATE_EXCEPTIONS"] = False
    yield app
    with app.app_context():
        db.engine.dispose()


def test_request_is_counted_by_route(own: Flask) -> None:
    labels = {"method": "GET", "route": "/things/<int:number>"}
    good, bad = requests(**labels, status="2xx"), requests(**labels, status="5xx")
    client = own.test_client()
    client.get("/things/1")
    client.get("/things/2?a=1")
    client.get("/things/0")
    assert requests(**labels, status="2xx") == good + 2
    assert requests(**labels, status="5xx") == bad + 1


def test_clients_cannot_create_series(own: Flask) -> None:
    before = {method: requests(method=method, route="none", status="4xx") for method in ("GET", "other")}
    for path in ("/a", "/b", "/c"):
        own.test_client().get(path)
        own.test_client().open(path, method=f"BREW-{path[1:]}")
    for method, count in before.items():
        assert requests(method=method, route="none", status="4xx") == count + 3


def test_health_checks_are_not_counted(own: Flask) -> None:
    def counted() -> float:
        samples = [sample for metric in metrics.REQUESTS.collect() for sample in metric.samples]
        return sum(sample.value for sample in samples if sample.name.endswith("_count"))

    before = counted()
    own.test_client().get("/healthz")
    own.test_client().get("/readyz")
    assert counted() == before


def test_connections_are_counted_while_they_are_in_use() -> None:
    engine = create_engine("sqlite://", poolclass=QueuePool)
    before = value("database_connections_in_use")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert value("database_connections_in_use") == before + 1
    assert value("database_connections_in_use") == before
    with engine.connect() as connection:
        connection.detach()
        assert value("database_connections_in_use") == before
    with pytest.raises(ZeroDivisionError), engine.connect():
        raise ZeroDivisionError
    assert value("database_connections_in_use") == before
    engine.dispose()


def test_limit_is_the_maximum_size_of_the_pools(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", f"sqlite:///{tmp_path}/limit.db")
    app = create_app("testing")
    with app.app_context():
        with db.engine.connect():
            pool = db.engine.pool
            assert isinstance(pool, QueuePool)
            assert value("database_connections_limit") == pool.size() + 10
        db.engine.dispose()
