"""Checks of accounts for ``flask doctor``."""

from collections.abc import Iterator

from flask import current_app

LOCALHOST = ("localhost", "127.0.0.1", "::1")


def check_accounts() -> Iterator[tuple[str, str]]:
    """Check that mail is sent encrypted, and that two-factor authentication is available."""
    config = current_app.config
    if config["MAIL_BACKEND"] == "dummy":
        yield "warning", "MAIL_URL is not set: users can neither register nor reset a password."
    elif config["MAIL_BACKEND"] == "smtp" and not (
        config["MAIL_USE_SSL"] or config["MAIL_USE_TLS"] or config["MAIL_SERVER"] in LOCALHOST
    ):
        yield "warning", "MAIL_URL: password links are sent unencrypted. Use smtps:// or add a user."
    if not config["SECURITY_TWO_FACTOR"]:
        yield "warning", "TOTP_SECRET is not set: two-factor authentication is off."
