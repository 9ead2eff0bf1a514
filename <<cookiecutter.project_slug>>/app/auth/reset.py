"""Password resets by a link in a mail, which confirms the address too."""

from typing import Any, cast

from flask import Flask
from flask_security import ForgotPasswordForm
from flask_security.confirmable import confirm_user

from app.models.account import User


class ForgotForm(ForgotPasswordForm):
    """Sends a link to addresses that are not confirmed yet, too."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether a link is sent."""
        if super().validate(**kwargs):
            return True
        if self.requires_confirmation:  # the last check of the form, so it is the only error
            cast("list[str]", self.email.errors).clear()
        return self.requires_confirmation


def confirm_address(_app: Flask, user: User, **_: object) -> None:
    """Confirm the address of an account whose password was reset by a link that was sent there.

    Anyone may have registered the address before, so the password of the registration is not accepted for its
    owner.
    """
    confirm_user(user)  # type: ignore[no-untyped-call]
