"""What was computed once and is asked for again, remembered until the rows behind it change.

``cache`` is Flask-Caching, with all it offers. ``remember`` is for what comes out of the database: it notices by itself
when a table changes.
"""

import os
from collections.abc import Callable
from functools import wraps
from secrets import token_hex
from typing import Any, ParamSpec, TypeVar

import click
from flask import Flask, current_app, g
from flask.cli import with_appcontext
from flask_caching import Cache
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, object_mapper

# <% if cookiecutter.auth %>
from app.auth.owner import owner_id
# <% endif %>
from app.extensions import db
from app.models.base import Base
# <% if cookiecutter.observability == "prometheus" %>
from app.observability.cache_metrics import count_lookup
# <% endif %>

from .backend import release

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 60  # how long something is remembered at the most
OWN_SECONDS = 5  # the same without Redis, where other processes cannot say that they have changed a table
DAY = 24 * 60 * 60

cache = Cache()


def init_cache(app: Flask) -> None:
    """Remember in Redis, for all processes; without ``REDIS_URL`` in the development server's own memory, or not at all."""
    alone = bool(os.environ.get("FLASK_RUN_FROM_CLI")) and not app.testing
    shared = bool(app.config["REDIS_URL"])
    config = {
        "CACHE_TYPE": "app.cache.backend.SharedCache" if shared else "SimpleCache" if alone else "NullCache",
        "CACHE_DEFAULT_TIMEOUT": SECONDS if shared else OWN_SECONDS,
        "CACHE_KEY_PREFIX": "cache:",
        "CACHE_NO_NULL_WARNING": True,
    }
    cache.init_app(app, config=config)
    app.extensions["untold"] = set()
    app.extensions["release"] = release(app.root_path) if shared else ""
    app.cli.add_command(forget)


def remember(*models: type[Base]) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Remember what a function gives for the same arguments, until a row of ``models`` changes.

    # <% if cookiecutter.auth %>
    The account for which a context acts is part of the key: nothing is shown to another one. The arguments must be
    all else that the result depends on beside the rows; their ``repr`` completes the key.
    # <% else %>
    The arguments must be all that the result depends on beside the rows, the user included; their ``repr`` is the key.
    # <% endif %>
    Each table has a version, which every commit that touches it renews. A result is kept with the versions from before
    the database was asked, so that one which was overtaken is not believed. Versions are shared by all releases, results
    are not.
    """
    tables = [f"table:{model.__tablename__}" for model in models]

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> T:
            if sees_more():
                return function(*args, **kwargs)
            if untold := current_app.extensions["untold"]:
                tell(set(untold))
            key = f"{current_app.extensions['release']} {function.__module__}.{function.__qualname__}{args}{kwargs}"
            # <% if cookiecutter.auth %>
            key += f" for {owner_id()}"  # what one account may see, no other is shown
            # <% endif %>
            if not (found := cache.get_dict(key, *tables)):
                # <% if cookiecutter.observability == "prometheus" %>
                count_lookup("away")
                # <% endif %>
                return function(*args, **kwargs)
            versions = [found[table] for table in tables]
            fresh = bool(found[key]) and found[key][0] == versions
            # <% if cookiecutter.observability == "prometheus" %>
            count_lookup("hit" if fresh else "miss")
            # <% endif %>
            if fresh:
                value: T = found[key][1]
                return value
            value = function(*args, **kwargs)
            if not sees_more():
                cache.set(key, (versions, value))
            return value

        return remembered

    return decorate


def sees_more() -> bool:
    """Whether this context sees, or is about to, what others do not see yet."""
    if "changed" in g:
        return True
    if not db.session.registry.has():
        return False
    session = db.session()
    return bool(session.new or session.dirty or session.deleted)


def tell(tables: set[str]) -> None:
    """Renew the versions of tables; while Redis is away, keep in mind that it is to be done."""
    waiting: set[str] = current_app.extensions["untold"]
    told = cache.set_many({f"table:{table}": token_hex(8) for table in tables}, timeout=DAY)
    if len(told) < len(tables):
        waiting |= tables
    else:
        waiting -= tables


def changed() -> set[str]:
    """Give the tables that this context has changed, or is about to."""
    if "changed" not in g:
        g.changed = set()
    tables: set[str] = g.changed
    return tables


@event.listens_for(db.session, "after_flush")
def see_objects(session: Session, _context: Any) -> None:
    """Mark the tables of objects that are written."""
    for each in (*session.new, *session.dirty, *session.deleted):
        changed().update(table.name for table in object_mapper(each).tables)


@event.listens_for(db.session, "do_orm_execute")
def see_statements(state: ORMExecuteState) -> None:
    """Mark the tables of statements that change many rows at once."""
    if state.is_insert or state.is_update or state.is_delete:
        changed().add(state.statement.table.name)  # type: ignore[attr-defined]


@event.listens_for(db.session, "after_commit")
def see_commit(_session: Session) -> None:
    """Let everybody know."""
    if "changed" in g:
        tell(g.changed)


@click.command()
@with_appcontext
def forget() -> None:
    """Forget all that the cache remembers, after a change of the database by hand for example."""
    if not cache.clear():
        raise click.ClickException(
            f"Redis is away, nothing was forgotten. Try again; what it holds counts {SECONDS} seconds at the most."
        )
    click.echo("Forgotten.")
