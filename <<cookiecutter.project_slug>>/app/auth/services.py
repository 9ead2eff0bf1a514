"""What can be done with accounts, whoever asks: a page or a command."""

from collections.abc import Sequence
from typing import Any

import structlog
from flask import current_app
from flask_security import hash_password
from sqlalchemy import select, update
from werkzeug.exceptions import NotFound

from app.extensions import db
from app.models.account import LOCK, MOST_FAILURES, User
from app.models.base import utc_now

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class PasswordRefused(ValueError):
    """A password that is not good enough; the message says why."""


def normal_email(email: str) -> str:
    """Give an address as it is stored.

    Raises:
        ValueError: it is none.
    """
    return str(security().mail_util.validate(email))


def security() -> Any:
    """Give Flask-Security as this application has set it up."""
    return current_app.extensions["security"]


def get_user(email: str) -> User:
    """Give the account of an address.

    Raises:
        werkzeug.exceptions.NotFound: there is none.
    """
    user = security().datastore.find_user(case_insensitive=True, email=email)
    if user is None:
        raise NotFound("There is no account with this address.")
    return user  # type: ignore[no-any-return]


def create_user(email: str, password: str | None = None) -> User:
    """Make an account whose address needs no confirmation.

    Parameters:
        email: the address.
        password: the password; without one the account has none until it is reset.

    Raises:
        PasswordRefused: the password is not good enough.
        ValueError: the address is none, or it has an account.
    """
    address = normal_email(email)
    if security().datastore.find_user(case_insensitive=True, email=address):
        raise ValueError("There is an account with this address.")
    hashed = None
    if password is not None:
        problems, normal = security().password_util.validate(password, True, email=address)
        if problems:
            raise PasswordRefused(" ".join(problems))
        hashed = hash_password(normal)
    user: User = security().datastore.create_user(email=address, password=hashed, confirmed_at=utc_now())
    db.session.commit()
    log.info("account created", user_id=user.id)
    return user


def promote(user: User, role: str) -> None:
    """Give an account a role, which is made when it is new."""
    store = security().datastore
    store.add_role_to_user(user, store.find_or_create_role(role))
    db.session.commit()
    log.info("role given", user_id=user.id, role=role)


def deactivate(user: User) -> None:
    """Shut an account: its sessions end, and nothing acts for it any more."""
    user.active = False
    end_sessions(user)
    log.info("account deactivated", user_id=user.id)


def end_sessions(user: User) -> None:
    """End all sessions of an account on every device."""
    security().datastore.set_uniquifier(user)
    db.session.commit()


def list_users() -> Sequence[User]:
    """Give all accounts by their addresses."""
    return db.session.scalars(select(User).order_by(User.email)).all()


def roles_of(user: User) -> list[str]:
    """Give the names of an account's roles."""
    return sorted(role.name for role in user.roles)


def count_failure(user: User) -> None:
    """Count a wrong password or code, and lock the account for a while after too many in a row."""
    failures = db.session.scalar(
        update(User)
        .where(User.id == user.id)
        .values(failed_logins=User.failed_logins + 1)
        .returning(User.failed_logins)
    )
    if failures and failures % MOST_FAILURES == 0:
        until = utc_now() + LOCK
        db.session.execute(update(User).where(User.id == user.id).values(locked_until=until))
        log.warning("account locked", user_id=user.id)
    db.session.commit()
