"""The lock of an account: it applies wherever a password or a code is entered, not only to the login page."""

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_login import current_user
from flask_security import ChangePasswordForm, MfRecoveryCodesUtil, UserMixin
from flask_security.tf_plugin import tf_clean_session
from flask_security.utils import get_message
from werkzeug.wrappers import Response

from app.models.account import LOCK_DURATION

from . import services

# Where Flask-Security accepts a password or a code without checking the lock.
REAUTH_ENDPOINTS = {
    f"security.{name}" for name in ("change_password", "mf_recovery", "two_factor_token_validation", "verify")
}


def reject_locked_account() -> Response | None:
    """Reject passwords and codes for a locked account, and abort a login in progress."""
    if request.method != "POST" or request.endpoint not in REAUTH_ENDPOINTS:
        return None
    user = current_user if current_user.is_authenticated else pending_user()
    if user is None or not user.is_locked():
        return None
    tf_clean_session()  # type: ignore[no-untyped-call]
    flash(f"Too many failed attempts. Try again in {LOCK_DURATION.seconds // 60} minutes.", "error")
    return redirect(url_for("account.index"))


def pending_user() -> UserMixin | None:
    """Return the account that has entered its password in this session, but not yet its second factor."""
    identity = session.get("tf_user_id")
    return services.security().datastore.find_user(fs_uniquifier=identity) if identity else None


class CountedRecoveryCodes(MfRecoveryCodesUtil):
    """Counts wrong recovery codes; Flask-Security signals wrong codes of an app itself."""

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Return whether a recovery code of an account is valid."""
        valid = super().check_recovery_code(user, code)
        if not valid:
            user.track_failed_authn("recovery_code", True)
        return valid


class CountedChangeForm(ChangePasswordForm):
    """Counts wrong current passwords: an attacker with an open session could guess them here."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the form is valid."""
        valid = super().validate(**kwargs)
        if get_message("INVALID_PASSWORD")[0] in self.password.errors:
            current_user.track_failed_authn("password")
        return valid
