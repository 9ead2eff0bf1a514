"""``flask users``: accounts by command."""

import click
from flask import current_app
from flask.cli import AppGroup
from werkzeug.exceptions import NotFound

from app.models.account import User

from . import services
from .mail import MailNotSent, send

users = AppGroup("users", help="Create, promote and deactivate accounts.")


def wanted(email: str) -> User:
    """Give the account of an address.

    Raises:
        click.ClickException: there is none.
    """
    try:
        return services.get_user(email)
    except NotFound as error:
        raise click.ClickException(error.description or "") from error


@users.command()
@click.argument("email")
@click.password_option(
    help="Asked for when it is not given: arguments can be seen by others on this machine."
)
def create(email: str, password: str) -> None:
    """Make an account; its address needs no confirmation."""
    try:
        services.create_user(email, password)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} can log in.")


@users.command()
@click.argument("email")
@click.option("--role", default="admin", show_default=True)
def promote(email: str, role: str) -> None:
    """Give an account a role."""
    services.promote(wanted(email), role)
    click.echo(f"{email} is {role}.")


@users.command()
@click.argument("email")
def deactivate(email: str) -> None:
    """Shut an account: whoever and whatever acts for it is out at once."""
    services.deactivate(wanted(email))
    click.echo(f"{email} is deactivated.")


@users.command("try-mail")
@click.argument("email")
def try_mail(email: str) -> None:
    """Send a mail now, and say whether the mail server has taken it."""
    if current_app.config["MAIL_BACKEND"] == "dummy":
        raise click.ClickException("MAIL_URL names no mail server: no mail leaves.")
    name = current_app.config["APP_NAME"]
    try:
        send("trial", f"A mail from {name}", email, "", "The mail server has taken it, and it has come.\n")
    except MailNotSent as error:
        raise click.ClickException(f"It was not sent ({error}).") from error
    if current_app.config["MAIL_BACKEND"] == "console":
        click.echo("MAIL_URL names no mail server, so the mail was printed.")
    else:
        click.echo(f"The mail server has taken a mail to {email}.")
