"""A new password by a link in a mail, which shows as well that the address is the visitor's own."""

from typing import Any

from flask import Flask
from flask_security import ForgotPasswordForm
from flask_security.confirmable import confirm_user

from app.models.account import User


class ForgotForm(ForgotPasswordForm):
    """Sends a link for an address that waits to be confirmed, too."""

    def validate(self, **kwargs: Any) -> bool:
        """Say whether a link is sent."""
        if super().validate(**kwargs):
            return True
        if self.requires_confirmation:  # the last thing that is asked, so nothing else is wrong
            self.email.errors = []
        return self.requires_confirmation


def confirm_address(_app: Flask, user: User, **_: object) -> None:
    """Confirm the address of whoever has set a password by a link that was sent there.

    Before that anybody may have registered it, and his password must not become that of the address's owner.
    """
    confirm_user(user)  # type: ignore[no-untyped-call]
