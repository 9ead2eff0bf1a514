"""The page on which somebody makes and revokes tokens, and the command that makes one."""

from datetime import timedelta

import click
from flask import Flask, current_app, flash, redirect, render_template, url_for
from flask_login import current_user
from flask_security import auth_required, password_reset
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import Field, IntegerField, StringField
from wtforms.validators import AnyOf, DataRequired, Length, NumberRange, ValidationError

from app.models.account import User
from app.models.token import NAME_LENGTH

from . import tokens
from .commands import users, wanted
from .mail import tell_owner
from .pages import LINKS, account_bp

LONGEST_DAYS = 366
RIGHTS = {"read": "read", "read write": "read and write"}

LINKS.append(("API tokens", "account.list_tokens"))


def storable(_form: FlaskForm, field: Field) -> None:
    """Refuse NUL, which PostgreSQL cannot store in a text."""
    if field.data and "\x00" in field.data:
        raise ValidationError("This text holds a character that cannot be stored.")


def lately() -> timedelta:
    """Give how long ago somebody may have proved at the most who he is."""
    within: timedelta = current_app.config["SECURITY_FRESHNESS"]
    return within


class TokenForm(FlaskForm):
    """A new token."""

    name = StringField("Name", validators=[DataRequired(), Length(max=NAME_LENGTH), storable])
    scopes = StringField("May", default="read", validators=[AnyOf(RIGHTS)])
    days = IntegerField("Days", default=90, validators=[NumberRange(1, LONGEST_DAYS)])


@account_bp.route("/tokens", methods=["GET", "POST"])
@auth_required("session", within=lately)
def list_tokens() -> str | tuple[str, int]:
    """List the account's tokens, and make a new one, which is shown this once.

    A session that somebody has left open is not enough: a token may be good for longer.
    """
    form = TokenForm()
    made = None
    if form.validate_on_submit():
        scopes = (form.scopes.data or "").split()
        _, made = tokens.make_token(current_user.id, form.name.data or "", scopes, form.days.data or 1)
        tell_owner(current_user.email, "API token")
    page = render_template(
        "auth/tokens.html",
        form=form,
        made=made,
        rights=RIGHTS,
        tokens=tokens.list_tokens(current_user.id),
    )
    return page, 422 if form.errors else 200


@account_bp.post("/tokens/<int:token_id>/revoke")
@auth_required("session")
def revoke_token(token_id: int) -> Response:
    """Take a token back."""
    tokens.revoke_token(current_user.id, token_id)
    flash("The token is revoked.")
    return redirect(url_for(".list_tokens"), code=303)


@password_reset.connect
def revoke_all(_app: Flask, user: User, **_: object) -> None:
    """Take all tokens of an account back whose password was lost, and who knows to whom."""
    tokens.revoke_all(user.id)


@users.command()
@click.argument("email")
@click.option("--name", default="command line", show_default=True)
@click.option("--scope", "scopes", multiple=True, default=tokens.SCOPES, type=click.Choice(tokens.SCOPES))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, LONGEST_DAYS))
def token(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token for the API and print it, this once."""
    _, text = tokens.make_token(wanted(email).id, name, scopes, days)
    click.echo(text)
