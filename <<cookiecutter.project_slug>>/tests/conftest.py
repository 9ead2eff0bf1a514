"""Fixtures that every test may use."""

from collections.abc import Callable, Iterator
from typing import ParamSpec, Protocol, TypeVar

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app import create_app
# <% if cookiecutter.auth %>
from app.auth.owner import act_as
# <% endif %>
from app.extensions import db
# <% if cookiecutter.auth %>
from tests.support.accounts import ann, enter
# <% endif %>
# <% if cookiecutter.auth and cookiecutter.api != "none" %>
from tests.support.programs import authorize
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from tests.support.redis_memory import redis as redis
# <% endif %>
# <% if cookiecutter.jobs == "celery" %>
from tests.support.worker import worker as worker
# <% endif %>

P = ParamSpec("P")
T = TypeVar("T")


class Call(Protocol):
    """What the fixture ``call`` gives."""

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


@pytest.fixture(scope="session")
def session_app() -> Iterator[Flask]:
    """The application that all tests share, because making one costs more than most tests."""
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.drop_all()
        db.engine.dispose()


def clear() -> None:
    """Take all rows out of the tables."""
    for table in reversed(db.metadata.sorted_tables):
        db.session.execute(table.delete())
    db.session.commit()


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    """The application with an empty database and its own configuration.

    No context is pushed: a request must bring its own. A test that adds routes makes an application of its own.
    """
    config = dict(session_app.config)
    # <% if cookiecutter.jobs == "celery" %>
    session_app.extensions["celery"].set_current()  # a test may have created another application
    # <% endif %>
    yield session_app
    session_app.config.update(config)
    with session_app.app_context():
        clear()


@pytest.fixture
def call(app: Flask) -> Call:
    """Calls a function in a context of its own: ``call(function, argument)``."""
    # <% if cookiecutter.auth %>
    with app.app_context():
        ann()
    # <% endif %>

    def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        with app.app_context():
            # <% if cookiecutter.auth %>
            act_as(ann())
            # <% endif %>
            return function(*args, **kwargs)

    return call


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client that behaves like a browser."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html,application/xhtml+xml,*/*;q=0.8"
    # <% if cookiecutter.auth %>
    enter(client)
    # <% endif %>
    return client


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A client that behaves like a program."""
    # <% if cookiecutter.auth and cookiecutter.api != "none" %>
    client = app.test_client()
    authorize(client)
    return client
    # <% else %>
    return app.test_client()
    # <% endif %>


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs commands of the ``flask`` program."""
    return app.test_cli_runner()
