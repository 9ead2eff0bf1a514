from collections.abc import Callable, Iterator

import pytest
from fakeredis import FakeServer
from flask import Flask, current_app, g
from sqlalchemy import update
from sqlalchemy.orm import Mapped, mapped_column

from app import create_app
from app.cache import cache, remember
from app.cache import redis_client as module
from app.config import load_config
from app.extensions import db
from app.models.base import Base

URL = "redis://127.0.0.1:1"


class Kettle(Base):
    """Something to remember; its table is made by these tests alone."""

    __tablename__ = "kettles"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[str] = mapped_column(default="red")


# What compares models and migrations, and what empties the tables of other tests, must not find it.
TABLE = Kettle.metadata.tables["kettles"]
Kettle.metadata.remove(TABLE)


@pytest.fixture
def shared() -> Iterator[Flask]:
    """An application whose processes share what they remember."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.load_config", lambda name: load_config(name) | {"REDIS_URL": URL})
        app = create_app("testing")
    with app.app_context():
        TABLE.create(db.engine)
    yield app
    with app.app_context():
        TABLE.drop(db.engine)
        db.engine.dispose()


@pytest.fixture
def asked() -> list[int]:
    """The numbers that were asked for and not remembered."""
    return []


@pytest.fixture
def double(asked: list[int]) -> Callable[[int], int]:
    """A function that is remembered."""

    @remember(Kettle)
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    return double


def in_context(app: Flask, function: Callable[[int], int], number: int) -> int:
    """Call a function as a request would, in a context of its own."""
    with app.app_context():
        return function(number)


def boil(app: Flask, colour: str = "red") -> None:
    """Change the table."""
    with app.app_context():
        db.session.add(Kettle(colour=colour))
        db.session.commit()


def test_result_is_remembered_for_the_same_arguments(
    shared: Flask, double: Callable[[int], int], asked: list[int]
) -> None:
    assert [in_context(shared, double, number) for number in (1, 1, 2, 1)] == [2, 2, 4, 2]
    assert asked == [1, 2]


def test_commit_makes_everybody_ask_again(
    shared: Flask, double: Callable[[int], int], asked: list[int]
) -> None:
    in_context(shared, double, 1)
    boil(shared)
    in_context(shared, double, 1)
    with shared.app_context():
        db.session.execute(update(Kettle).values(colour="blue"))
        db.session.commit()
    in_context(shared, double, 1)
    in_context(shared, double, 1)
    assert asked == [1, 1, 1]


def test_change_that_is_not_committed_is_seen_by_its_own_context_alone(
    shared: Flask, double: Callable[[int], int], asked: list[int]
) -> None:
    in_context(shared, double, 1)
    with shared.app_context():
        db.session.add(Kettle())
        db.session.flush()
        double(1)
        db.session.rollback()
    in_context(shared, double, 1)
    assert asked == [1, 1]


def test_result_that_was_overtaken_by_a_commit_is_not_believed(shared: Flask) -> None:
    results = iter(["before", "after"])

    @remember(Kettle)
    def slow() -> str:
        result = next(results)
        if result == "before":
            # Somebody else commits while the answer is on its way.
            cache.set("table:kettles", "another")
        return result

    with shared.app_context():
        assert [slow(), slow(), slow()] == ["before", "after", "after"]


def test_everything_works_while_redis_is_away(
    shared: Flask, redis: FakeServer, double: Callable[[int], int], asked: list[int]
) -> None:
    redis.connected = False
    assert [in_context(shared, double, 1) for _ in range(2)] == [2, 2]
    assert asked == [1, 1]
    with shared.app_context():
        assert (cache.get("a"), cache.get_many("a", "b"), cache.get_dict("a")) == (None, [None, None], {})
        assert not any([cache.set("a", 1), cache.add("a", 1), cache.set_many({"a": 1}), cache.has("a")])
        assert not any([cache.delete("a"), cache.delete_many("a"), cache.clear()])


def test_commit_that_could_not_be_told_is_told_when_redis_is_back(
    shared: Flask,
    redis: FakeServer,
    double: Callable[[int], int],
    asked: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)
    in_context(shared, double, 1)
    redis.connected = False
    boil(shared)
    redis.connected = True
    in_context(shared, double, 1)
    in_context(shared, double, 1)
    assert asked == [1, 1]
    assert shared.extensions["untold"] == set()


def test_command_forgets_everything_or_says_that_it_has_not(shared: Flask, redis: FakeServer) -> None:
    with shared.app_context():
        cache.set("a", 1)
    for _ in range(2):  # there may be nothing to forget
        assert shared.test_cli_runner().invoke(args=["forget"]).output == "Forgotten.\n"
        with shared.app_context():
            assert cache.get("a") is None
    redis.connected = False
    done = shared.test_cli_runner().invoke(args=["forget"])
    assert done.exit_code == 1
    assert "nothing was forgotten. Try again" in done.output


def test_result_of_another_release_is_not_believed_and_its_commit_is(
    shared: Flask, double: Callable[[int], int], asked: list[int]
) -> None:
    in_context(shared, double, 1)
    ours, shared.extensions["release"] = shared.extensions["release"], "another"
    in_context(shared, double, 1)
    boil(shared)
    shared.extensions["release"] = ours
    in_context(shared, double, 1)
    assert asked == [1, 1, 1]


@pytest.mark.parametrize(("program", "kind"), [("true", "SimpleCache"), ("", "NullCache")])
def test_development_server_alone_remembers_in_its_own_memory(
    monkeypatch: pytest.MonkeyPatch, program: str, kind: str
) -> None:
    monkeypatch.setattr("app.load_config", lambda name: load_config("testing") | {"TESTING": False})
    # It would put the loggers together for good.
    monkeypatch.setattr("app.core.log_config.configure_logging", lambda *_, **__: None)
    monkeypatch.setenv("FLASK_RUN_FROM_CLI", program)
    with create_app().app_context():
        assert type(cache.cache).__name__ == kind
        assert "changed" not in g
        assert current_app.extensions["untold"] == set()
