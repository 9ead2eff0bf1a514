"""Requirements for passkeys, and the check that a response belongs to its session and is used once."""

from datetime import datetime
from typing import Any, cast

from flask import Flask, session
from flask_security import UserMixin, WebAuthnSigninResponseForm, WebauthnUtil
from sqlalchemy import CursorResult, update
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.extensions import db
from app.models.account import User
from app.models.base import utc_now
from app.models.passkey import FIRST, NAME_LENGTH, Passkey

from .mail import notify_owner


class PasskeyRules(WebauthnUtil):
    """A passkey instead of a password must be discoverable and verify the user; a second factor need not."""

    def name_svn(self, value: str) -> tuple[str | None, str | None]:
        """Return the error of a name, or None, and its normalized form."""
        return super().name_svn(value[: NAME_LENGTH + 1])

    def generate_challenge(self, nbytes: int | None = None) -> str:
        """Create a challenge, which says when, and store it in the session."""
        session["challenge"] = f"{utc_now().isoformat()} {super().generate_challenge(nbytes)}"
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


class SingleUseForm(WebAuthnSigninResponseForm):
    """Accepts a response once, and only in the session of its challenge."""

    def validate(self, **kwargs: Any) -> bool:
        """Return whether the response is valid."""
        valid = self.challenge == session.pop("challenge", None) and super().validate(**kwargs)
        valid = valid and self.record_use()
        if not (valid or self.errors):
            self.form_errors.append("That request has expired. Please try again.")
        return valid

    def record_use(self) -> bool:
        """Record the use of the passkey, unless it was used after the challenge had been created."""
        created = datetime.fromisoformat(self.challenge.partition(" ")[0])
        result = db.session.execute(
            update(Passkey)
            .where(Passkey.id == cast("Passkey", self.cred).id, Passkey.lastuse_datetime < created)
            .values(lastuse_datetime=utc_now())
        )
        return bool(cast("CursorResult[Any]", result).rowcount)


def notify_of_passkey(_app: Flask, user: User, **_: object) -> None:
    """Notify the owner of an account of a new passkey."""
    notify_owner(user.email, "passkey")
