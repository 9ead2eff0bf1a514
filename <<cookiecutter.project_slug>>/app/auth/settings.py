"""Settings of accounts and their mail."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import unquote, urlsplit

from environs import validate

from app.core.secret_keys import check_keys
from app.core.settings import Env
from app.core.validators import RATE_LIMITS, parsed_by
from app.models.base import utc_now

FRESH_MINUTES = 15  # how recently users must have entered their password for what is sensitive
REJECTED = "Not accepted. Check what you have entered; after too many failed attempts, wait 15 minutes."
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#argon2id
ARGON2 = {
    "argon2__type": "ID",
    "argon2__memory_cost": 19456,
    "argon2__time_cost": 2,
    "argon2__parallelism": 1,
}


def account_settings(env: Env, config: Any) -> dict[str, Any]:
    """Return the settings of accounts.

    Parameters:
        env: the variables.
        config: the other settings; secure cookies mean production.
    """
    production = getattr(config, "SESSION_COOKIE_SECURE", False)
    backend = "locmem" if getattr(config, "TESTING", False) else "dummy" if production else "console"
    mail_url = env.secret("MAIL_URL", "", validate=MAIL)
    security = security_settings(config.APP_NAME, env.secret("TOTP_SECRET", "", validate=check_keys))
    # Where links in mails lead is no choice of the client, whose Host header may name any port.
    site = f"https://{config.TRUSTED_HOSTS[0].lstrip('.')}" if production and config.TRUSTED_HOSTS else ""
    if production and not mail_url:
        # The content of mails must not end in the log, so what needs mail is not offered.
        security |= {"REGISTERABLE": False, "RECOVERABLE": False}
    return {
        "ACCOUNTS_RATELIMIT": env.str("ACCOUNTS_RATELIMIT", "10 per minute", validate=RATE_LIMITS),
        # Responses are delayed to a multiple of this, so that their timing reveals nothing.
        "ACCOUNTS_SECONDS": 0.5,
        "MAIL_BACKEND": backend,
        "MAIL_DEFAULT_SENDER": env.str("MAIL_FROM", "no-reply@<< cookiecutter.domain_name >>"),
        "MAIL_TIMEOUT": 10,  # seconds
        **(mail_server(mail_url) if mail_url else {}),
        "PERMANENT_SESSION_LIFETIME": timedelta(days=1),
        "REMEMBER_COOKIE_DURATION": timedelta(days=30),
        "REMEMBER_COOKIE_NAME": "__Host-remember" if production else "remember",
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": production,
        "SITE_URL": env.secret("SITE_URL", site, validate=ORIGIN),
        **{f"SECURITY_{key}": value for key, value in security.items()},
    }


def mail_server(url: str) -> dict[str, Any]:
    """Return the settings of the mail server at ``smtps://user:password@host:465`` or ``smtp://host:587``.

    A password is never sent unencrypted: with one, ``smtp://`` requires STARTTLS.

    Raises:
        ValueError: it is not such a URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("not the URL of a mail server")
    return {
        "MAIL_BACKEND": "smtp",
        "MAIL_SERVER": parts.hostname,
        "MAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25),
        "MAIL_USERNAME": unquote(parts.username) if parts.username else None,
        "MAIL_PASSWORD": unquote(parts.password) if parts.password else None,
        "MAIL_USE_SSL": parts.scheme == "smtps",
        "MAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
    }


MAIL = parsed_by(mail_server, "Write smtps://user:password@host:465.")
ORIGIN = validate.Regexp(r"https?://[^/?#\s]+\Z", error="Write https://host or https://host:port.")


def security_settings(name: str, totp_secret: str) -> dict[str, Any]:
    """Return Flask-Security's settings, without their prefix.

    See https://flask-security.readthedocs.io/en/stable/configuration.html.
    """
    return {
        "AUTO_LOGIN_AFTER_CONFIRM": True,
        "API_ENABLED_METHODS": ["session"],
        "CHANGEABLE": True,
        "CLI_ROLES_NAME": False,
        "CLI_USERS_NAME": False,
        "CONFIRMABLE": True,
        "CONFIRM_SALT": "confirm",
        "DATETIME_FACTORY": utc_now,
        "EMAIL_HTML": False,
        "EMAIL_SUBJECT_CONFIRM": f"Confirm your email address for {name}",
        "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": f"Your password for {name} was changed",
        "EMAIL_SUBJECT_PASSWORD_NOTICE": f"Your password for {name} was changed",
        "EMAIL_SUBJECT_PASSWORD_RESET": f"Reset your password for {name}",
        "EMAIL_SUBJECT_REGISTER": f"Your account at {name}",
        "FRESHNESS": timedelta(minutes=FRESH_MINUTES),
        "FRESHNESS_GRACE_PERIOD": timedelta(0),  # it would be extended by each visit, a thief's too
        "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "security/email/change_notice",
        "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        # The data in mailed links is signed. A slow hash, the default, would reveal who has an account.
        "HASHING_SCHEMES": ["hex_sha256"],
        "MSG_GENERIC_AUTHN_FAILED": ("Wrong email address or password.", "error"),
        "MSG_INVALID_PASSWORD": (REJECTED, "error"),
        "MSG_INVALID_RECOVERY_CODE": (REJECTED, "error"),
        "MSG_REAUTHENTICATION_REQUIRED": ("Confirm it's you to continue.", "error"),
        "MSG_REAUTHENTICATION_SUCCESSFUL": ("Your identity is confirmed.", "success"),
        "MSG_TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("Two-factor authentication is on.", "success"),
        "MSG_TWO_FACTOR_DISABLED": ("Two-factor authentication is off.", "success"),
        "MSG_TWO_FACTOR_INVALID_TOKEN": (REJECTED, "error"),
        "MSG_WEBAUTHN_CREDENTIAL_DELETED": ("The passkey “%(name)s” was removed.", "success"),
        "MSG_WEBAUTHN_REGISTER_SUCCESSFUL": ("The passkey “%(name)s” was added.", "success"),
        "MULTI_FACTOR_RECOVERY_CODES": bool(totp_secret),
        # Encrypted where they are stored, as the keys of authenticator apps are.
        "MULTI_FACTOR_RECOVERY_CODES_KEYS": [urlsafe_b64encode(sha256(totp_secret.encode()).digest())],
        "PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
        "PASSWORD_LENGTH_MIN": 10,
        "PASSWORD_SCHEMES": ["argon2"],
        "PASSWORD_SINGLE_HASH": True,
        "POST_CHANGE_VIEW": "account.index",
        "POST_REGISTER_VIEW": ".login",
        "RECOVERABLE": True,
        "REGISTERABLE": True,
        "REGISTER_EMAIL_TEMPLATE": "security/email/confirmation_instructions",
        "RESET_PASSWORD_WITHIN": timedelta(hours=1),
        # Registered and unknown addresses get the same response.
        "RETURN_GENERIC_RESPONSES": True,
        "STATIC_FOLDER": None,
        "TOTP_ISSUER": name,
        "TOTP_SECRETS": {"1": totp_secret} if totp_secret else None,
        "TWO_FACTOR": bool(totp_secret),
        # Tolerance for clocks, in seconds: the previous and the next code are accepted too, each once.
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "URL_PREFIX": "/account",
        "WAN_ALLOW_AS_VERIFY": ["first"],
        # Devices find the passkey themselves; hints for an address would reveal who has one.
        "WAN_ALLOW_USER_HINTS": False,
        "WAN_DELETE_URL": "/passkey-delete",
        "WAN_REGISTER_URL": "/passkeys",
        "WAN_RP_NAME": name,
        "WAN_SIGNIN_URL": "/passkey",
        "WAN_VERIFY_TEMPLATE": "security/wan_signin.html",
        "WAN_VERIFY_URL": "/passkey-verify",
        "WEBAUTHN": True,
    }
