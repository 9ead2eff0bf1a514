"""The setup of Flask-Security: its pages, mail, rate limits and sessions."""

import math
import time
from typing import Any

import structlog
from flask import Flask, Request, Response, current_app, g, request, session
from flask.sessions import SecureCookieSession, SessionMixin
from flask_login import current_user, user_accessed, user_logged_out
from flask_security import (
    Security,
    SQLAlchemyUserDatastore,
    TwoFactorRescueForm,
    password_reset,
    tf_profile_changed,
    user_authenticated,
    user_failed_authn,
    wan_registered,
)
from werkzeug.exceptions import TooManyRequests, UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse
from wtforms import RadioField

from app.core.security import PrivateSessionInterface
from app.extensions import db, limiter
from app.models.account import Role, User
from app.models.passkey import Passkey

from . import services
# <% if cookiecutter.api != "none" %>
from . import token_pages as token_pages  # registers its routes, link and command
# <% endif %>
from .access import redirect_to_login
from .codes import OneTimeCodes, PasskeyForm, SetupForm, notify_of_app
from .commands import users
from .links import ForgotForm, ask_password, complete_reset
from .lock import CountedChangeForm, CountedRecoveryCodes
from .mail import BackgroundMail, mail
# <% if cookiecutter.jobs == "celery" %>
from .mail_task import init_mail_tasks
# <% endif %>
from .pages import account_bp, welcome
from .passkeys import PasskeyRules, SingleUseForm, notify_of_passkey
from .passwords import OfflinePasswords

# Views where an attacker would try addresses, passwords and codes.
GUARDED_VIEWS = (
    *("login", "register", "verify", "change_password"),
    *("forgot_password", "reset_password", "confirm_email", "send_confirmation"),
    *("two_factor_token_validation", "two_factor_rescue", "mf_recovery"),
    *("wan_signin", "wan_signin_response", "wan_verify_response"),
)
# What Flask-Login and Flask-Security keep in the session of a user.
LOGIN_KEYS = {"_user_id", "_fresh", "_id", "_remember", "_remember_seconds", "fs_cc", "fs_paa"}
GUARDED_ENDPOINTS = {f"security.{name}" for name in GUARDED_VIEWS}

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


class AccountStore(SQLAlchemyUserDatastore):
    """Finds a conflict inside the view: Flask-Security commits after it, where no error handler applies."""

    def put(self, model: Any) -> Any:
        """Write a row at once, in the transaction of the request."""
        super().put(model)  # type: ignore[no-untyped-call]
        self.db.session.flush()
        return model


class RescueForm(TwoFactorRescueForm):
    """Offers recovery codes, if there are any, and no mail to an administrator."""

    help_setup = RadioField(choices=[])


datastore = AccountStore(db, User, Role, Passkey)


def init_auth(app: Flask) -> None:
    """Set up accounts, and require a login for the main blueprint."""
    mail.init_app(app)
    # <% if cookiecutter.jobs == "celery" %>
    init_mail_tasks(app)
    # <% endif %>
    app.after_request(hide_timing)
    app.before_request(start_timing)
    json = app.json
    security = Security(
        app,
        datastore,
        change_password_form=CountedChangeForm,
        forgot_password_form=ForgotForm,
        mail_util_cls=BackgroundMail,
        mf_recovery_codes_util_cls=CountedRecoveryCodes,
        password_util_cls=OfflinePasswords,
        totp_cls=OneTimeCodes,
        two_factor_rescue_form=RescueForm,
        two_factor_setup_form=SetupForm,
        wan_register_form=PasskeyForm,
        wan_signin_response_form=SingleUseForm,
        webauthn_util_cls=PasskeyRules,
    )
    app.json = json  # Flask-Security replaces it
    security.want_json(lambda _request: False)
    security.mail_context_processor(lambda: {"site_url": app.config["SITE_URL"] or request.host_url[:-1]})
    security.unauthn_handler(redirect_to_login)
    # No authentication by Flask-Security's own tokens.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.session_interface = AccountSessions()
    app.after_request(note_session_access)
    # Roles are read from the account when they are needed, not in every request.
    security.principal.identity_loaders.clear()
    confirm: Any = app.view_functions["security.confirm_email"]
    app.view_functions["security.confirm_email"] = ask_password(confirm)
    limited: Any = limiter.limit(login_rate_limit, methods=["POST"], override_defaults=False)
    for endpoint in GUARDED_ENDPOINTS & app.view_functions.keys():
        app.view_functions[endpoint] = limited(app.view_functions[endpoint])
    user_accessed.connect(clear_invalid_cookie, app)
    user_authenticated.connect(renew_session, app)
    user_failed_authn.connect(count_failure, app)
    user_logged_out.connect(end_sessions, app)
    password_reset.connect(complete_reset, app)
    tf_profile_changed.connect(notify_of_app, app)
    wan_registered.connect(notify_of_passkey, app)
    app.register_blueprint(account_bp, url_prefix="/account")
    app.before_request(guard_pages)
    app.cli.add_command(users)


class AccountSessions(PrivateSessionInterface):
    """Sessions that Flask-Login reads after every request, in case a remember cookie is to be set.

    That alone changes no response: if no view reads the session, it is cacheable and varies by no cookie.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Open the session, which ``flask.session`` would mark as accessed."""
        g.opened_session = opened = super().open_session(app, request)
        return opened

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Save the session if the request has read or changed it."""
        if session.modified or g.get("session_accessed", True):
            super().save_session(app, session, response)


def note_session_access(response: Response) -> Response:
    """Record whether the session was read; hooks that were added earlier, Flask-Login's too, run later."""
    g.session_accessed = g.opened_session.accessed
    return response


def clear_invalid_cookie(_app: Flask) -> None:
    """Clear a remember cookie outside ASCII, which Flask-Login fails to compare."""
    if not request.cookies.get(current_app.config["REMEMBER_COOKIE_NAME"], "").isascii():
        session["_remember"] = "clear"


def login_rate_limit() -> str:
    """Return the rate limit of a client for login attempts."""
    return str(current_app.config["ACCOUNTS_RATELIMIT"])


def start_timing() -> None:
    """Record the start of a request whose response time must reveal nothing."""
    if request.method == "POST" and request.endpoint in GUARDED_ENDPOINTS:
        if request.is_json:
            raise UnsupportedMediaType("Send a form.")
        g.timing_started = time.monotonic()


def hide_timing(response: Response) -> Response:
    """Delay a response to a multiple of ``ACCOUNTS_SECONDS`` since the request started.

    A rate-limited request was not processed: there is nothing to hide, and no thread to occupy.
    """
    step = current_app.config["ACCOUNTS_SECONDS"]
    if step and (started := g.pop("timing_started", None)) and response.status_code != TooManyRequests.code:
        elapsed = time.monotonic() - started
        time.sleep(math.ceil(elapsed / step) * step - elapsed)
    return response


def guard_pages() -> AnyResponse | str | None:
    """Show anonymous users the welcome page, and the login page instead of others of the main blueprint."""
    if request.blueprint != "main" or current_user.is_authenticated:
        return None
    return welcome() if request.endpoint == "main.index" else redirect_to_login()


def renew_session(_app: Flask, user: User, **_: object) -> None:
    """Clear the session of everything from before the login, and reset the account's failed attempts."""
    for name in session.keys() - LOGIN_KEYS:
        session.pop(name)
    g.pop("csrf_token", None)
    services.unlock(user)
    log.info("logged in", user_id=user.id)


def count_failure(_app: Flask, user: User, **_: object) -> None:
    """Count a wrong password or code."""
    services.count_failure(user)


def end_sessions(_app: Flask, user: User, **_: object) -> None:
    """End all sessions of the account: a stolen cookie must not outlive the logout."""
    if user.is_authenticated:
        services.end_sessions(db.session.get_one(User, user.id))
