"""An account for sample data, so that a new checkout shows something after one command."""

import secrets

import click
from sqlalchemy import select

from app.extensions import db
from app.models.account import User

from . import services
from .owner import act_as

EMAIL = "demo@example.com"


def act_as_somebody() -> None:
    """Act for the oldest account, or make one and say how to log in."""
    user = db.session.scalar(select(User).order_by(User.id).limit(1))
    if user is None:
        password = secrets.token_urlsafe(12)
        user = services.create_user(EMAIL, password)
        click.echo(f"Log in as {EMAIL} with {password}")
    else:
        click.echo(f"They belong to {user.email}, the oldest account.")
    act_as(user.id)
