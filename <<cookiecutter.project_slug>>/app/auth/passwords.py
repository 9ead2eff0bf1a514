"""Password strength, rated by zxcvbn without a request to another host."""

from typing import Any

from flask import current_app
from flask_security import PasswordUtil
from zxcvbn import zxcvbn

MAX_LENGTH = 128
# zxcvbn's time grows with the square of the length; more characters only make a password stronger.
MAX_RATED_LENGTH = 72
MIN_SCORE = 3  # of 4: https://github.com/dropbox/zxcvbn#usage


class OfflinePasswords(PasswordUtil):
    """Rejects passwords that are easy to guess: common ones, names, words and keyboard patterns."""

    def validate(self, password: str, is_register: bool, **kwargs: Any) -> tuple[list[str] | None, str]:
        """Return the errors of a password, or None, and its normalized form.

        Parameters:
            password: the password as entered.
            is_register: whether ``kwargs`` are the fields of the registration form, or ``user`` the account.
        """
        normal = self.normalize(password)
        min_length = current_app.config["SECURITY_PASSWORD_LENGTH_MIN"]
        if not min_length <= len(normal) <= MAX_LENGTH:
            return [f"Use {min_length} to {MAX_LENGTH} characters."], normal
        email = str(kwargs["email"] if is_register else kwargs["user"].email)
        user_inputs = [email, *email.split("@"), current_app.config["APP_NAME"]]
        rating = zxcvbn(normal[:MAX_RATED_LENGTH], user_inputs=user_inputs)
        if rating["score"] >= MIN_SCORE:
            return None, normal
        return ["This password is too easy to guess. Try a few unrelated words."], normal
