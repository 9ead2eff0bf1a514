"""The lock of an account: it holds wherever a password or a code is asked, not only where somebody begins to log in."""

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_login import current_user
from flask_security import ChangePasswordForm, MfRecoveryCodesUtil, UserMixin
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import get_message
from werkzeug.wrappers import Response

from app.models.account import LOCK

from . import services

# Where the library takes a password or a code and asks nothing about the lock.
ASKED_AGAIN = {
    f"security.{name}" for name in ("change_password", "mf_recovery", "two_factor_token_validation", "verify")
}


def refuse_locked() -> Response | None:
    """Take no password and no code for a locked account, and forget who was in the middle of logging in."""
    if request.method != "POST" or request.endpoint not in ASKED_AGAIN:
        return None
    user = current_user if current_user.is_authenticated else pending_user()
    if user is None or not user.is_locked():
        return None
    tf_clean_session()  # type: ignore[no-untyped-call]
    flash(f"There were too many wrong tries. Wait {LOCK.seconds // 60} minutes.")
    return redirect(url_for("account.index"))


def pending_user() -> UserMixin | None:
    """Give the account whose password this session has sent, and no second factor yet."""
    identity = session.get("tf_user_id")
    return services.security().datastore.find_user(fs_uniquifier=identity) if identity else None


class CountedRecoveryCodes(MfRecoveryCodesUtil):
    """Counts wrong recovery codes; of codes from an app the library tells by itself."""

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Say whether a code is one of those of an account."""
        good = super().check_recovery_code(user, code)
        if not good:
            user.track_failed_authn("recovery_code", True)
        return good


class CountedChangeForm(ChangePasswordForm):
    """Counts wrong old passwords: who has found an open session could guess them here."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether the password may be changed."""
        good = super().validate(**kwargs)
        if get_message("INVALID_PASSWORD")[0] in self.password.errors:
            current_user.track_failed_authn("password")
        return good
