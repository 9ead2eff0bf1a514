"""An account for sample data."""

import secrets

import click
from sqlalchemy import select

from app.extensions import db
from app.models.account import User

from . import services
from .owner import act_as

EMAIL = "demo@example.com"


def act_as_demo_user() -> None:
    """Act for the oldest account; if there is none, create one and print its password."""
    user = db.session.scalar(select(User).order_by(User.id).limit(1))
    if user is None:
        password = secrets.token_urlsafe(12)
        user = services.create_user(EMAIL, password)
        click.echo(f"Sign in as {EMAIL} with the password {password}")
    else:
        click.echo(f"The rows belong to {user.email}, the oldest account.")
    act_as(user.id)
