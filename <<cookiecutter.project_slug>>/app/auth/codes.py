"""One-time codes of authenticator apps (RFC 6238, section 5.2)."""

from typing import Any, cast

from flask_security import Totp, UserMixin

from app.extensions import db
from app.models.account import User


class OneTimeCodes(Totp):
    """Accepts each code once: only codes newer than the last one that was accepted."""

    def verify_totp(self, token: str, totp_secret: str, user: UserMixin, window: int = 0) -> bool:
        """Return whether a code is right and the account not locked."""
        return not cast("User", user).locked and super().verify_totp(token, totp_secret, user, window)

    def get_last_counter(self, user: UserMixin) -> int | None:
        """Return the counter of the last code that was accepted."""
        return cast("User", user).tf_last_counter

    def set_last_counter(self, user: UserMixin, tmatch: Any) -> None:
        """Store the counter of a code that was accepted."""
        cast("User", user).tf_last_counter = tmatch.counter
        db.session.flush()  # fails if another request has used a code at the same time
