"""Password strength, rated by zxcvbn without a request to another host."""

from typing import Any

from flask import current_app
from flask_security import PasswordUtil
from passlib.utils import MAX_PASSWORD_SIZE
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

MAX_LENGTH = 128
# zxcvbn tries all combinations of letters that signs may stand for: 72 characters take 0.09 s with six signs,
# 9 s with all; 16 characters take 0.06 s at most. More characters only make a password stronger.
SIGNS = {sign for signs in L33T_TABLE.values() for sign in signs}
MAX_RATED_SIGNS = 6
MAX_RATED_LENGTH = 72
MAX_RATED_LENGTH_OF_SIGNS = 16
MIN_SCORE = 3  # of 4: https://github.com/dropbox/zxcvbn#usage


class OfflinePasswords(PasswordUtil):
    """Rejects passwords that are easy to guess: common ones, names, words and keyboard patterns."""

    def normalize(self, password: str) -> str:
        """Return the normalized form, cut to what can be hashed: no account has such a long password.

        The time that it takes is quadratic in accents.
        """
        return super().normalize(password[:MAX_PASSWORD_SIZE])[:MAX_PASSWORD_SIZE]

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
        many = len(SIGNS.intersection(normal)) > MAX_RATED_SIGNS
        rated = normal[: MAX_RATED_LENGTH_OF_SIGNS if many else MAX_RATED_LENGTH]
        rating = zxcvbn(rated, user_inputs=user_inputs)
        if rating["score"] >= MIN_SCORE:
            return None, normal
        return ["This password is too easy to guess. Try a few unrelated words."], normal
