"""Second factors: one-time codes of authenticator apps (RFC 6238, section 5.2), and their set-up."""

from typing import Any, cast

from flask import Flask
from flask_login import current_user
from flask_security import Totp, TwoFactorSetupForm, UserMixin, WebAuthnRegisterForm
from wtforms import Field, ValidationError

from app.extensions import db
from app.models.account import User
from app.models.passkey import FIRST

from .mail import notify_owner


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


class SetupForm(TwoFactorSetupForm):
    """Accepts an app only for an account with recovery codes: its owner may lose the device."""

    def validate_setup(self, field: Field) -> None:
        """Require recovery codes for an app; it may be turned off without."""
        if field.data != "disable":
            require_recovery_codes()


class PasskeyForm(WebAuthnRegisterForm):
    """Accepts a passkey as a second factor only for an account with recovery codes."""

    def validate_usage(self, field: Field) -> None:
        """Require recovery codes for a second factor."""
        if field.data != FIRST:
            require_recovery_codes()


def require_recovery_codes() -> None:
    """Check that the current user has recovery codes.

    Raises:
        wtforms.ValidationError: there are none.
    """
    if not current_user.mf_recovery_codes:
        raise ValidationError("Generate recovery codes first, on the page of your account.")


def notify_of_app(_app: Flask, user: User, **_: object) -> None:
    """Notify the owner of an account of a new authenticator app."""
    notify_owner(user.email, "authenticator app")
