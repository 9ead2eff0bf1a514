"""Codes of authenticator apps, each good once (RFC 6238, section 5.2)."""

from typing import Any, cast

from flask_security import Totp, UserMixin
from passlib.exc import UsedTokenError
from sqlalchemy import CursorResult, or_, update

from app.extensions import db
from app.models.account import User


class OneTimeCodes(Totp):
    """Remembers the newest code that was taken, and takes only newer ones."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Give the number of the newest code that was taken."""
        return cast("User", user).tf_last_counter

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Remember that a code is taken.

        Raises:
            passlib.exc.UsedTokenError: somebody else was quicker with it.
        """
        last = User.tf_last_counter
        taken = db.session.execute(
            update(User)
            .where(User.id == cast("User", user).id, or_(last.is_(None), last < tmatch.counter))
            .values(tf_last_counter=tmatch.counter)
        )
        if not cast("CursorResult[Any]", taken).rowcount:
            raise UsedTokenError
