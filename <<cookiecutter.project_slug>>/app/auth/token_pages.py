"""The page that creates and revokes API tokens, and the command that creates one."""

import click
from flask import Flask, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security import auth_required, password_changed, password_reset
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, Length, NumberRange, Regexp

from app.models.account import User
from app.models.base import TEXT_PATTERN
from app.models.token import NAME_LENGTH

from . import tokens
from .commands import find_user, users
from .mail import notify_owner
from .pages import ACCOUNT_LINKS, account_bp
from .settings import FRESH_MINUTES

MAX_DAYS = 366
SCOPE_LABELS = {"read": "Read only", "read write": "Read and write"}

ACCOUNT_LINKS.append(("API tokens", "account.list_tokens"))


class TokenForm(FlaskForm):
    """A new token."""

    name = StringField("Name", validators=[DataRequired(), Length(max=NAME_LENGTH), Regexp(TEXT_PATTERN)])
    scopes = SelectField("Permissions", default="read", choices=list(SCOPE_LABELS.items()))
    days = IntegerField("Expires in (days)", default=90, validators=[NumberRange(1, MAX_DAYS)])


@account_bp.route("/tokens", methods=["GET", "POST"])
@auth_required("session", within=FRESH_MINUTES)
def list_tokens() -> ResponseReturnValue:
    """List the account's tokens, and create a new one, which is shown once.

    An open session is not enough, because a token may outlive it.
    """
    form = TokenForm()
    if form.validate_on_submit():
        scopes = (form.scopes.data or "").split()
        _, text = tokens.create_token(current_user.id, form.name.data or "", scopes, form.days.data or 1)
        session["new_token"] = text
        notify_owner(current_user.email, "API token")
        return redirect(url_for(".list_tokens"), code=303)
    page = render_template(
        "auth/tokens.html",
        form=form,
        new_token=session.pop("new_token", None),
        scope_labels=SCOPE_LABELS,
        tokens=tokens.list_tokens(current_user.id),
    )
    return page, 422 if form.errors else 200


@account_bp.post("/tokens/<id:token_id>/revoke")
@auth_required("session")
def revoke_token(token_id: int) -> Response:
    """Revoke a token."""
    tokens.revoke_token(current_user.id, token_id)
    flash("The token was revoked.")
    return redirect(url_for(".list_tokens"), code=303)


@password_reset.connect
def revoke_all(_app: Flask, user: User, **_: object) -> None:
    """Revoke all tokens of an account whose password was reset."""
    tokens.revoke_all(user.id)


@password_changed.connect
def mention_tokens(_app: Flask, user: User, **_: object) -> None:
    """Mention that tokens stay valid when a password is changed."""
    if tokens.list_tokens(user.id):
        flash("Your API tokens are still valid. Revoke those that others may know.")


@users.command()
@click.argument("email")
@click.option("--name", default="command line", show_default=True)
@click.option("--scope", "scopes", multiple=True, default=tokens.SCOPES, type=click.Choice(tokens.SCOPES))
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, MAX_DAYS))
def token(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Create an API token and print it; it cannot be shown again."""
    _, text = tokens.create_token(find_user(email).id, name, scopes, days)
    click.echo(text)
