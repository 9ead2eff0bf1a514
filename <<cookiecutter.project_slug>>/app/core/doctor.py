"""``flask doctor``: problems of an installation that do not prevent its start."""

from collections.abc import Callable, Iterator

import click
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

# <% if cookiecutter.auth %>
from app.auth.checks import check_accounts
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from app.cache.checks import check_redis
# <% endif %>
from app.extensions import db, migrate
# <% if cookiecutter.jobs == "celery" %>
from app.jobs.checks import check_broker
# <% endif %>


@click.command()
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
@with_appcontext
def doctor(strict: bool) -> None:
    """Check this installation for production; exit with 1 on errors."""
    issues = [issue for check in CHECKS for issue in check()]
    for level, text in issues:
        click.echo(f"{click.style(level, fg='red' if level == 'error' else 'yellow')}: {text}")
    if not issues:
        click.secho("No issues found.", fg="green")
    if any(strict or level == "error" for level, _ in issues):
        raise SystemExit(1)


def check_settings() -> Iterator[tuple[str, str]]:
    """Check settings that are valid and yet may be a mistake in production."""
    config = current_app.config
    if config["PREFERRED_URL_SCHEME"] != "https":
        yield "error", "APP_ENV is not production."
    for name in ("SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SECURE", "TRUSTED_HOSTS", "WTF_CSRF_ENABLED"):
        if not config[name]:
            yield "error", f"{name} is off or empty."
    if not config["PROXY_HOPS"]:
        yield "warning", "PROXY_HOPS is 0: behind a proxy, all clients share its address. Set 1 for Nginx."
    # <% if cookiecutter.api != "none" %>
    if "*" in config["CORS_ORIGINS"]:
        yield "warning", "CORS_ORIGINS: every site may read the API."
    # <% endif %>


def check_database() -> Iterator[tuple[str, str]]:
    """Check that the database responds and is at the newest revision."""
    try:
        with db.engine.connect() as connection:
            yield from check_revision(connection)
    except SQLAlchemyError as error:
        yield "error", f"DATABASE_URL: no response ({type(error).__name__}). Fix it or start the database."


def check_revision(connection: Connection) -> Iterator[tuple[str, str]]:
    """Compare the revision of the database with those in migrations/."""
    script = ScriptDirectory(migrate.directory)
    current, heads = set(MigrationContext.configure(connection).get_current_heads()), set(script.get_heads())
    at = f"The database is at revision {', '.join(sorted(current)) or 'none'}"
    if len(heads) > 1:
        yield "error", f"migrations/ has the heads {', '.join(sorted(heads))}. Run flask db merge heads"
    elif not current <= {revision.revision for revision in script.walk_revisions()}:
        yield "error", f"{at}, which this release does not know. Deploy a newer one"
    elif current != heads:
        yield "error", f"{at}, the code at {', '.join(heads)}. Run flask db upgrade"


CHECKS: tuple[Callable[[], Iterator[tuple[str, str]]], ...] = (
    check_settings,
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
)
