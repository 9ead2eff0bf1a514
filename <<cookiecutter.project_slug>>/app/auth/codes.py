"""One-time codes of authenticator apps (RFC 6238, section 5.2)."""

from typing import Any, cast

from flask_security import Totp, UserMixin
from passlib.exc import UsedTokenError
from sqlalchemy import CursorResult, or_, update

from app.extensions import db
from app.models.account import User


class OneTimeCodes(Totp):
    """Accepts each code once: only codes newer than the last one that was accepted."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Return the counter of the last code that was accepted."""
        return cast("User", user).tf_last_counter

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Store the counter of a code that was accepted.

        Raises:
            passlib.exc.UsedTokenError: another request has used it at the same time.
        """
        last = User.tf_last_counter
        result = db.session.execute(
            update(User)
            .where(User.id == cast("User", user).id, or_(last.is_(None), last < tmatch.counter))
            .values(tf_last_counter=tmatch.counter)
        )
        if not cast("CursorResult[Any]", result).rowcount:
            raise UsedTokenError
