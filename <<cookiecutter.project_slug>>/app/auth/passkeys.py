"""Requirements for passkeys, and the check that a response belongs to a challenge of the same session."""

from flask import Flask, current_app, flash, redirect, request, session, url_for
from flask_security import UserMixin, WebauthnUtil
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from werkzeug.wrappers import Response

from app.models.account import User

from .mail import notify_owner

FIRST = "first"  # instead of the password; "secondary" is after it
# The endpoints that receive the responses of devices, and those that create the challenges.
RESPONSE_ENDPOINTS = {
    f"security.wan_{name}_response": f"security.wan_{name}" for name in ("register", "signin", "verify")
}


class PasskeyRules(WebauthnUtil):
    """A passkey instead of a password must be discoverable and verify the user; a second factor need not."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Create a challenge and store it in the session."""
        session["challenge"] = super().generate_challenge(nbytes)
        return str(session["challenge"])

    def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
        """Return what a device must be able to do."""
        passwordless = usage == FIRST
        required, discouraged = ResidentKeyRequirement.REQUIRED, ResidentKeyRequirement.DISCOURAGED
        return AuthenticatorSelectionCriteria(
            resident_key=required if passwordless else discouraged,
            user_verification=self.user_verification(user, [usage]),
        )

    def user_verification(self, user: UserMixin | None, usage: list[str]) -> UserVerificationRequirement:
        """Return whether a device must verify its user, by a fingerprint or a PIN."""
        required = UserVerificationRequirement.REQUIRED
        return required if FIRST in usage else UserVerificationRequirement.DISCOURAGED


def check_challenge() -> Response | None:
    """Accept a response once, in the session of its challenge; Flask-Security accepts it in any session."""
    if (endpoint := RESPONSE_ENDPOINTS.get(request.endpoint or "")) is None:
        return None
    serializer = current_app.extensions["security"].wan_serializer
    _, state = serializer.loads_unsafe((request.view_args or {})["token"])
    if isinstance(state, dict) and state["challenge"] == session.pop("challenge", None):
        return None
    flash("That request has expired. Please try again.", "error")
    return redirect(url_for(endpoint))


def notify_of_passkey(_app: Flask, user: User, **_: object) -> None:
    """Notify the owner of an account of a new passkey."""
    notify_owner(user.email, "passkey")
