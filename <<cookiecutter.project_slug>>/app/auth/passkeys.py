"""Which passkeys are good enough, which answers count, and what happens when one is added."""

from flask import Flask, current_app, flash, redirect, request, session, url_for
from flask_security import UserMixin, WebauthnUtil
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from werkzeug.wrappers import Response

from app.models.account import User

from .mail import tell_owner

FIRST = "first"  # instead of the password; the other way is after it
# Where devices answer, and where they were asked.
ANSWERS = {
    f"security.wan_{name}_response": f"security.wan_{name}" for name in ("register", "signin", "verify")
}


class PasskeyRules(WebauthnUtil):
    """Instead of a password the device must know the account and make sure who holds it; after one it must be there."""

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Make a challenge, and remember in the session that it was asked there."""
        session["challenge"] = super().generate_challenge(nbytes)
        return str(session["challenge"])

    def authenticator_selection(self, user: UserMixin, usage: str) -> AuthenticatorSelectionCriteria:
        """Say what a device must be able to do."""
        alone = usage == FIRST
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED if alone else ResidentKeyRequirement.DISCOURAGED,
            user_verification=self.user_verification(user, [usage]),
        )

    def user_verification(self, user: UserMixin | None, usage: list[str]) -> UserVerificationRequirement:
        """Say whether a device must ask for a finger or a PIN."""
        required = UserVerificationRequirement.REQUIRED
        return required if FIRST in usage else UserVerificationRequirement.DISCOURAGED


def check_answer() -> Response | None:
    """Let an answer count only in the session that was asked, and once: the library would take it from anybody."""
    if (asked := ANSWERS.get(request.endpoint or "")) is None:
        return None
    serializer = current_app.extensions["security"].wan_serializer
    _, state = serializer.loads_unsafe((request.view_args or {})["token"])
    if isinstance(state, dict) and state["challenge"] == session.pop("challenge", None):
        return None
    flash("This was answered before, or asked elsewhere. Try it again.")
    return redirect(url_for(asked))


def tell_of_passkey(_app: Flask, user: User, **_: object) -> None:
    """Let the owner of an account know of a new passkey."""
    tell_owner(user.email, "passkey")
