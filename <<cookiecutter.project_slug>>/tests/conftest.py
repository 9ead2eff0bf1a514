"""Shared fixtures."""

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
from tests.support.api_tokens import authorize
# <% endif %>
# <% if cookiecutter.jobs == "celery" %>
from tests.support.exported import exported as exported
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from tests.support.redis_memory import cached as cached
from tests.support.redis_memory import redis as redis
# <% endif %>
# <% if cookiecutter.jobs == "celery" %>
from tests.support.worker import worker as worker
# <% endif %>

P = ParamSpec("P")
T = TypeVar("T")


class Call(Protocol):
    """The type of the fixture ``call``."""

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T: ...


@pytest.fixture(scope="session")
def session_app() -> Iterator[Flask]:
    """The application that all tests share, because creating one takes longer than most tests."""
    app = create_app("testing")
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.drop_all()
        db.engine.dispose()


def clear() -> None:
    """Delete all rows."""
    for table in reversed(db.metadata.sorted_tables):
        db.session.execute(table.delete())
    db.session.commit()


@pytest.fixture
def app(session_app: Flask) -> Iterator[Flask]:
    """The application with an empty database and its own configuration.

    No context is pushed: each request has its own. A test that adds routes creates its own application.
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
    """Call a function in an application context: ``call(function, argument)``."""
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
    """A client that accepts HTML, as browsers do."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html,application/xhtml+xml,*/*;q=0.8"
    # <% if cookiecutter.auth %>
    enter(client)
    # <% endif %>
    return client


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A client of the API."""
    # <% if cookiecutter.auth and cookiecutter.api != "none" %>
    client = app.test_client()
    authorize(client)
    return client
    # <% else %>
    return app.test_client()
    # <% endif %>


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """Runs ``flask`` commands."""
    return app.test_cli_runner()
