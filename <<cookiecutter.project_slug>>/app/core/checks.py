"""What ``flask doctor`` looks at, each thing in a function that gives what it finds."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
# <% if cookiecutter.cache == "redis" %>
from redis import Redis
from redis.exceptions import RedisError
# <% endif %>
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

# <% if cookiecutter.auth %>
from app.auth.checks import check_accounts
# <% endif %>
# <% if cookiecutter.api != "none" %>
from app.blueprints.api.checks import check_api
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from app.cache.redis_client import OPTIONS
# <% endif %>
from app.config import ROOT
from app.extensions import db, migrate
# <% if cookiecutter.jobs == "celery" %>
from app.jobs.checks import check_broker
# <% endif %>

from .findings import Finding, error, warning
from .secret_keys import is_weak
from .versions import check_versions

LARGE_BODY = 1024**3
MANY_OLD_KEYS = 3
CLOCK_DRIFT = timedelta(seconds=5)


def check_mode() -> Iterator[Finding]:
    """Look at the environment and at what only developers need."""
    config = current_app.config
    if not (config["PREFERRED_URL_SCHEME"] == "https" or current_app.testing):
        yield warning("environment", "these settings are not those of production", "set APP_ENV=production")
    if current_app.debug:
        yield error("debug", "the debugger lets a visitor run code", "unset FLASK_DEBUG")
    if config["LOG_FORMAT"] != "json":
        yield warning("logs", "lines are made for people, not for machines", "set LOG_FORMAT=json")
    if (ROOT / ".env").exists():
        if (ROOT / ".env").stat().st_mode & 0o077:
            yield error(".env", "other users of this machine can read it", "chmod 600 .env")
        if config["SESSION_COOKIE_SECURE"]:
            yield warning(".env", "production reads no file", "delete .env and inject the variables")


def check_keys() -> Iterator[Finding]:
    """Look at what signs sessions and forms."""
    make = "python -c 'import secrets; print(secrets.token_hex(32))'"
    if is_weak(current_app.config["SECRET_KEY"]):
        yield error("SECRET_KEY", "it can be guessed", f"set a new one: {make}")
    old = current_app.config["SECRET_KEY_FALLBACKS"]
    if any(map(is_weak, old)):
        yield error("SECRET_KEY_FALLBACKS", "a key can be guessed", "take it out: its sessions end")
    if len(old) > MANY_OLD_KEYS:
        yield warning("SECRET_KEY_FALLBACKS", f"{len(old)} old keys still count", "take the oldest out")


def check_cookies_and_forms() -> Iterator[Finding]:
    """Look at what keeps a visitor's session and forms his own."""
    config = current_app.config
    if not config["SESSION_COOKIE_SECURE"]:
        yield error("cookies", "the session travels in the clear", "set SESSION_COOKIE_SECURE = True")
    if not config["SESSION_COOKIE_HTTPONLY"]:
        yield error("cookies", "scripts can read the session", "set SESSION_COOKIE_HTTPONLY = True")
    if config["SESSION_COOKIE_SAMESITE"] not in ("Lax", "Strict"):
        yield error("cookies", "other sites' requests carry it", 'set SESSION_COOKIE_SAMESITE = "Lax"')
    if not config.get("WTF_CSRF_ENABLED", True):
        yield error("forms", "other sites can send them", "remove WTF_CSRF_ENABLED from app/config.py")


def check_requests() -> Iterator[Finding]:
    """Look at what a request may claim and how large it may be."""
    config = current_app.config
    hosts = config["TRUSTED_HOSTS"] or []
    if not hosts:
        yield error("TRUSTED_HOSTS", "any Host header is believed", "set the names this site is served under")
    if any("*" in host or host == "." for host in hosts):
        yield error("TRUSTED_HOSTS", "it holds a pattern", "write .example.com for all names below it")
    if not config["PROXY_HOPS"]:
        yield warning("PROXY_HOPS", "no proxy is trusted", "behind Nginx alone, set PROXY_HOPS=1")
    if not config["MAX_CONTENT_LENGTH"] or config["MAX_CONTENT_LENGTH"] > LARGE_BODY:
        yield error("MAX_CONTENT_LENGTH", "one request can fill the memory", "set it below 1 GiB")


def check_database() -> Iterator[Finding]:
    """Look at whether the database answers, stands at the newest migration and has the right time."""
    try:
        with db.engine.connect() as connection:
            yield from check_migrations(connection)
            yield from check_clock(connection)
    except SQLAlchemyError as problem:
        yield error("database", f"no answer ({type(problem).__name__})", "start it or mend DATABASE_URL")


def check_migrations(connection: Connection) -> Iterator[Finding]:
    """Compare the database's migration with the newest one of the code."""
    here = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory(str(ROOT / migrate.directory)).get_current_head()
    if here != newest:
        yield error("database", f"it stands at migration {here}, the code needs {newest}", "flask db upgrade")


def check_clock(connection: Connection) -> Iterator[Finding]:
    """Compare this machine's clock with the database server's."""
    if connection.dialect.name == "sqlite":
        return  # the same machine, the same clock
    there = connection.scalar(select(func.now()))
    if there and abs(there - datetime.now(UTC)) > CLOCK_DRIFT:
        yield error("clock", "it differs from the database server's", "let both machines use NTP")


# <% if cookiecutter.cache == "redis" %>
def check_redis() -> Iterator[Finding]:
    """Look at whether Redis answers."""
    if not (url := current_app.config["REDIS_URL"]):
        yield warning("REDIS_URL", "each process remembers for itself", "start a Redis and name it")
        return
    try:
        Redis.from_url(url, **OPTIONS).ping()
    except RedisError as problem:
        yield error("redis", f"no answer ({type(problem).__name__})", "start it or mend REDIS_URL")


# <% endif %>
def check_paths() -> Iterator[Finding]:
    """Look at whether the instance folder can take what is written there."""
    folder = Path(current_app.instance_path)
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        yield warning("instance", f"nothing can be written below {folder}", "give this user the folder")


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    check_mode,
    check_keys,
    check_cookies_and_forms,
    check_requests,
    # <% if cookiecutter.api != "none" %>
    check_api,
    # <% endif %>
    check_database,
    # <% if cookiecutter.auth %>
    check_accounts,
    # <% endif %>
    # <% if cookiecutter.cache == "redis" %>
    check_redis,
    # <% endif %>
    # <% if cookiecutter.jobs == "celery" %>
    check_broker,
    # <% endif %>
    check_paths,
    check_versions,
)
