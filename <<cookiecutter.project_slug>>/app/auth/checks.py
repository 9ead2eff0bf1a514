"""What ``flask doctor`` looks at where there are accounts."""

from collections.abc import Iterator

from flask import current_app

from app.core.findings import Finding, warning

HERE = ("localhost", "127.0.0.1", "::1")


def check_accounts() -> Iterator[Finding]:
    """Look at whether mail leaves, and unseen, and whether a second factor can be had."""
    config = current_app.config
    if config["MAIL_BACKEND"] == "dummy":
        yield warning(
            "MAIL_URL",
            "no mail leaves, so nobody can register or reset a password",
            "set it, or make accounts with flask users create",
        )
    elif config["MAIL_BACKEND"] == "smtp" and not (
        config["MAIL_USE_SSL"] or config["MAIL_USE_TLS"] or config["MAIL_SERVER"] in HERE
    ):
        yield warning("MAIL_URL", "links for passwords travel in the clear", "write smtps://, or give a user")
    if not config["SECURITY_TWO_FACTOR"]:
        yield warning("TOTP_SECRET", "no second factor is offered", "set it to 32 random bytes, and keep it")
