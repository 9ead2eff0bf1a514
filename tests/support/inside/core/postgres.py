"""What the application sets on its connections to PostgreSQL."""

import pytest

engine_options = pytest.importorskip("app.core.postgres").engine_options
URL = "postgresql+psycopg://user:password@127.0.0.1/name"


def test_query_of_the_url_takes_precedence() -> None:
    own = engine_options(URL)["connect_args"]
    given = engine_options(f"{URL}?connect_timeout=30&sslmode=require")["connect_args"]
    assert own["connect_timeout"] == 3
    assert given == {name: value for name, value in own.items() if name != "connect_timeout"}
