"""Which passwords are good enough. Nothing is asked of another host."""

from typing import Any

from flask import current_app
from flask_security import PasswordUtil
from zxcvbn import zxcvbn

LONGEST = 128
# The library's cost grows with the square of the length, and what comes later makes a password only better.
LOOKED_AT = 72
GOOD = 3  # of 4: https://github.com/dropbox/zxcvbn#usage


class OfflinePasswords(PasswordUtil):
    """Refuses what stands in the lists of common and breached passwords, names, words and keyboard patterns."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Say what is wrong with a password, and give it as it is hashed.

        Parameters:
            password: what was typed.
            is_register: whether ``kwargs`` is the form of somebody new; else it is ``user``.
        """
        normal = self.normalize(password)
        shortest = current_app.config["SECURITY_PASSWORD_LENGTH_MIN"]
        if not shortest <= len(normal) <= LONGEST:
            return [f"Take {shortest} to {LONGEST} characters."], normal
        email = str(kwargs["email"] if is_register else kwargs["user"].email)
        known = [email, *email.split("@"), current_app.config["APP_NAME"]]
        rated = zxcvbn(normal[:LOOKED_AT], user_inputs=known)
        if rated["score"] >= GOOD:
            return None, normal
        return ["This password is easy to guess. Take some words that nobody would say together."], normal
