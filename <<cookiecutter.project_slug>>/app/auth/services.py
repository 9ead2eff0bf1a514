"""Operations on accounts, shared by pages and commands."""

from typing import Any

import structlog
from flask import current_app
from flask_security import hash_password
from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import NotFound

from app.core.pagination import Page, paginate
from app.extensions import db
from app.models.account import LOCK_DURATION, MAX_FAILURES, User
from app.models.base import utc_now
from app.models.passkey import FIRST, Passkey

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def security() -> Any:
    """Return the application's Flask-Security extension."""
    return current_app.extensions["security"]


def get_user(email: str) -> User:
    """Return the account with an email address.

    Raises:
        werkzeug.exceptions.NotFound: there is none.
    """
    user = security().datastore.find_user(case_insensitive=True, email=email)
    if user is None:
        raise NotFound("There is no account with this email address.")
    return user  # type: ignore[no-any-return]


def create_user(email: str, password: str | None = None) -> User:
    """Create an account whose email address counts as confirmed.

    Parameters:
        email: the email address.
        password: the password; without one, the owner has to reset it before they can log in.

    Raises:
        ValueError: the address is invalid or has an account already, or the password is too weak.
    """
    address = str(security().mail_util.validate(email))
    hashed = None
    if password is not None:
        problems, normal = security().password_util.validate(password, True, email=address)
        if problems:
            raise ValueError(" ".join(problems))
        hashed = hash_password(normal)
    try:
        user: User = security().datastore.create_user(email=address, password=hashed, confirmed_at=utc_now())
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        raise ValueError("There is already an account with this email address.") from None
    log.info("account created", user_id=user.id)
    return user


def promote(user: User, role: str) -> None:
    """Grant an account a role, which is created if it does not exist."""
    store = security().datastore
    store.add_role_to_user(user, store.find_or_create_role(role))
    db.session.commit()
    log.info("role granted", user_id=user.id, role=role)


def deactivate(user: User) -> None:
    """Deactivate an account, and end its sessions and tokens."""
    user.active = False
    end_sessions(user)
    log.info("account deactivated", user_id=user.id)


def end_sessions(user: User) -> None:
    """End all sessions of an account on every device."""
    security().datastore.set_uniquifier(user)
    db.session.commit()


def activate(user: User) -> None:
    """Activate an account that was deactivated."""
    user.active = True
    db.session.commit()
    log.info("account activated", user_id=user.id)


def list_users(search: str = "", *, before: int | None = None, after: int | None = None) -> Page[User]:
    """Return a page of the accounts whose email address contains ``search``, newest first."""
    found = select(User).where(User.email.icontains(search, autoescape=True))
    return paginate(found, User.id, before=before, after=after)


def roles_of(user: User) -> list[str]:
    """Return the names of an account's roles."""
    return sorted(role.name for role in user.roles)


def count_failure(user: User) -> None:
    """Count a wrong password or code, and lock the account for a while after too many in a row.

    Those in the meantime do not count: they would extend the lock.
    """
    now, failures = utc_now(), User.failed_logins + 1
    lock = case((failures % MAX_FAILURES == 0, now + LOCK_DURATION))
    until = db.session.scalar(
        update(User)
        .where(User.id == user.id, or_(User.locked_until.is_(None), User.locked_until <= now))
        .values(failed_logins=failures, locked_until=lock)
        .returning(User.locked_until)
    )
    if until:
        log.warning("account locked", user_id=user.id)
    db.session.commit()


def unlock(user: User) -> None:
    """End the lock of an account, and count its failed attempts anew."""
    db.session.execute(update(User).where(User.id == user.id).values(failed_logins=0, locked_until=None))
    db.session.commit()


def remove_passkeys(user: User) -> None:
    """Remove the passkeys that replace the password of an account; a second factor stays one."""
    db.session.execute(delete(Passkey).where(Passkey.user_id == user.id, Passkey.usage == FIRST))
    db.session.commit()


def reset_access(user: User) -> None:
    """Remove the second factor, recovery codes and passkeys of an account, and end its sessions."""
    security().datastore.reset_user_access(user)
    db.session.commit()
    log.info("access reset", user_id=user.id)
