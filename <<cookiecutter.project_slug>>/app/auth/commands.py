"""The commands ``flask users …``."""

import click
from flask import current_app
from flask.cli import AppGroup
from werkzeug.exceptions import NotFound

from app.models.account import User

from . import services
from .mail import MailNotSent, send

users = AppGroup("users", help="Manage accounts.")


def find_user(email: str) -> User:
    """Return the account with an email address.

    Raises:
        click.ClickException: there is no such account.
    """
    try:
        return services.get_user(email)
    except NotFound as error:
        raise click.ClickException(error.description or "") from error


@users.command()
@click.argument("email")
@click.password_option(
    help="Prompted for if omitted; other users of this machine can see command-line arguments."
)
def create(email: str, password: str) -> None:
    """Create an account; its email address counts as confirmed."""
    try:
        services.create_user(email, password)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} can sign in.")


@users.command()
@click.argument("email")
@click.option("--role", default="admin", show_default=True)
def promote(email: str, role: str) -> None:
    """Grant an account a role."""
    services.promote(find_user(email), role)
    click.echo(f"{email} now has the role {role}.")


@users.command()
@click.argument("email")
def deactivate(email: str) -> None:
    """Deactivate an account, and end its sessions and tokens at once."""
    services.deactivate(find_user(email))
    click.echo(f"{email} was deactivated.")


@users.command()
@click.argument("email")
def unlock(email: str) -> None:
    """Unlock an account that was locked after too many failed attempts."""
    services.unlock(find_user(email))
    click.echo(f"{email} is not locked.")


@users.command("reset-access")
@click.argument("email")
@click.confirmation_option(prompt="Anyone who reads its mail can take over the account afterwards. Continue?")
def reset_access(email: str) -> None:
    """Remove second factors, recovery codes and passkeys; what is left is the password."""
    services.reset_access(find_user(email))
    click.echo(f"{email} can log in with the password alone.")


@users.command()
@click.argument("email")
def activate(email: str) -> None:
    """Activate an account that was deactivated."""
    services.activate(find_user(email))
    click.echo(f"{email} was activated.")


@users.command("try-mail")
@click.argument("email")
def try_mail(email: str) -> None:
    """Send a test mail, and report whether the mail server accepted it."""
    if current_app.config["MAIL_BACKEND"] == "dummy":
        raise click.ClickException("MAIL_URL is not set: no mail is sent.")
    subject = f"Test mail from {current_app.config['APP_NAME']}"
    try:
        send("test", subject, email, "", "Mail works.\n")
    except MailNotSent as error:
        raise click.ClickException(f"The mail was not sent ({error}).") from error
    if current_app.config["MAIL_BACKEND"] == "console":
        click.echo("MAIL_URL is not set, so the mail was printed.")
    else:
        click.echo(f"The mail server accepted a mail to {email}.")
