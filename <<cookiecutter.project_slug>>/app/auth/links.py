"""Links in mails: confirmation of an address by the password of its registration, and password resets."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Flask, render_template
from flask_security import ForgotPasswordForm, VerifyForm
from flask_security.confirmable import confirm_email_token_status, confirm_user
from werkzeug.wrappers import Response

from app.models.account import User

from . import services

View = Callable[..., Response | str]


def ask_password(confirm_email: View) -> View:
    """Ask for the password of a registration before its link confirms the address.

    Anyone may register an address, and mail scanners open links: that must not put a password in force.
    """

    @wraps(confirm_email)
    def wrapped(token: str) -> Response | str:
        expired, invalid, user = confirm_email_token_status(token)  # type: ignore[no-untyped-call]
        if expired or invalid or user.confirmed_at:
            return confirm_email(token)  # says why the link is not valid
        form = VerifyForm(user=user)
        if form.validate_on_submit():
            return confirm_email(token)
        return render_template("auth/confirm_password.html", form=form)

    return wrapped


class ForgotForm(ForgotPasswordForm):
    """Sends a link to addresses that are not confirmed yet, too."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether a link is sent."""
        if super().validate(**kwargs):
            return True
        if self.requires_confirmation:  # the last check of the form, so it is the only error
            cast("list[str]", self.email.errors).clear()
        return self.requires_confirmation


def complete_reset(_app: Flask, user: User, **_: object) -> None:
    """Give an account back to the owner of its address, whose link has just set the password.

    It confirms the address too. Someone else may have registered it, locked the account, or added passkeys.
    """
    confirm_user(user)  # type: ignore[no-untyped-call]
    services.unlock(user)
    services.remove_passkeys(user)
