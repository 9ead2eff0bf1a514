"""Failed attempts that Flask-Security does not signal; ``services.count_failure`` counts them."""

from typing import Any, cast

from flask_login import current_user
from flask_security import ChangePasswordForm, MfRecoveryCodesUtil, UserMixin
from flask_security.utils import get_message

from app.models.account import User


class CountedRecoveryCodes(MfRecoveryCodesUtil):
    """Counts wrong recovery codes, and rejects all while the account is locked."""

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Return whether a recovery code of an account is valid."""
        valid = super().check_recovery_code(user, code)
        if not valid:
            user.track_failed_authn("recovery_code", True)
        return valid and not cast("User", user).locked


class CountedChangeForm(ChangePasswordForm):
    """Counts wrong current passwords, and rejects all while the account is locked.

    An attacker with an open session could guess them here.
    """

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the form is valid."""
        rejected = get_message("INVALID_PASSWORD")[0]
        if current_user.locked:
            self.form_errors.append(rejected)
            return False
        valid = super().validate(**kwargs)
        if rejected in self.password.errors:
            current_user.track_failed_authn("password")
        return valid
