"""Accounts as the application uses them: Flask-Security with its pages, its mail and its limits."""

import math
import time
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request, session
from flask.globals import request_ctx
from flask_login import current_user, user_logged_out
from flask_security import (
    Security,
    SQLAlchemyUserDatastore,
    password_reset,
    user_authenticated,
    user_failed_authn,
    wan_registered,
)
from sqlalchemy import update
from werkzeug.exceptions import TooManyRequests, UnsupportedMediaType
from werkzeug.wrappers import Response as AnyResponse

from app.extensions import db, limiter
from app.models.account import Role, User
from app.models.passkey import Passkey

from . import services
# <% if cookiecutter.api != "none" %>
from . import token_pages as token_pages  # adds itself to the pages and the commands
# <% endif %>
from .access import ask_to_log_in
from .codes import OneTimeCodes
from .commands import users
from .lock import CountedChangeForm, CountedRecoveryCodes, refuse_locked
from .mail import BackgroundMail, mail
# <% if cookiecutter.jobs == "celery" %>
from .mail_task import init_mail_tasks
# <% endif %>
from .pages import account_bp, welcome
from .passkeys import PasskeyRules, check_answer, tell_of_passkey
from .passwords import OfflinePasswords
from .reset import ForgotForm, confirm_address
from .rotation import rotate_keys

# Where a stranger tries addresses, passwords and codes.
LIMITED = (
    *(
        "login",
        "register",
        "forgot_password",
        "reset_password",
        "send_confirmation",
        "verify",
        "change_password",
    ),
    *("two_factor_token_validation", "two_factor_rescue", "mf_recovery"),
    *("wan_signin", "wan_signin_response", "wan_verify_response"),
)
STEADY = {f"security.{name}" for name in LIMITED}

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
datastore = SQLAlchemyUserDatastore(db, User, Role, Passkey)


def init_auth(app: Flask) -> None:
    """Let visitors have accounts, and ask for one on the pages of the main blueprint."""
    mail.init_app(app)
    # <% if cookiecutter.jobs == "celery" %>
    init_mail_tasks(app)
    # <% endif %>
    app.after_request(keep_time)
    app.before_request(begin_time)
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
        webauthn_util_cls=PasskeyRules,
    )
    app.json = json  # the library puts its own in place
    security.want_json(lambda _request: False)
    security.unauthn_handler(ask_to_log_in)
    # The library's own kind of token would be one more way in.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    rotate_keys(app, security)
    spare_sessions(app)
    # Roles are asked of the account: no question to the database before every request.
    security.principal.identity_loaders.clear()
    limited: Any = limiter.limit(often, methods=["POST"], override_defaults=False)
    for endpoint in STEADY & app.view_functions.keys():
        view = app.view_functions[endpoint]
        app.view_functions[endpoint] = limited(view)
    user_authenticated.connect(begin_session, app)
    user_failed_authn.connect(count_failure, app)
    user_logged_out.connect(end_sessions, app)
    password_reset.connect(confirm_address, app)
    wan_registered.connect(tell_of_passkey, app)
    app.register_blueprint(account_bp, url_prefix="/account")
    app.before_request(guard_pages)
    app.before_request(check_answer)
    app.before_request(refuse_locked)
    app.cli.add_command(users)


def spare_sessions(app: Flask) -> None:
    """Leave the session alone where no view has asked for it: such an answer is the same for everybody.

    Flask-Login looks into it after every request, whether a device is to be remembered.
    """
    after = app.after_request_funcs[None]
    remember = app.login_manager._update_remember_cookie  # type: ignore[attr-defined]

    def remember_when_asked(response: Response) -> Response:
        asked = request_ctx._session  # reading it through ``session`` would count as asking
        return remember(response) if asked is None or asked.accessed else response

    after[after.index(remember)] = remember_when_asked


def often() -> str:
    """Give how often one address may try."""
    return str(current_app.config["ACCOUNTS_RATELIMIT"])


def begin_time() -> None:
    """Remember when a request began whose answer must take the same time for everybody."""
    if request.method == "POST" and request.endpoint in STEADY:
        if request.is_json:
            raise UnsupportedMediaType("This address takes forms.")
        g.began = time.monotonic()


def keep_time(response: Response) -> Response:
    """Wait until a whole number of ``ACCOUNTS_SECONDS`` has passed since the request began.

    Who tries too often has not been looked at, so there is nothing to hide, and no thread to be held.
    """
    step = current_app.config["ACCOUNTS_SECONDS"]
    if step and (began := g.pop("began", None)) and response.status_code != TooManyRequests.code:
        passed = time.monotonic() - began
        time.sleep(math.ceil(passed / step) * step - passed)
    return response


def guard_pages() -> AnyResponse | str | None:
    """Show visitors without an account who we are; everything else on the main pages is for accounts."""
    if request.blueprint != "main" or current_user.is_authenticated:
        return None
    return welcome() if request.endpoint == "main.index" else ask_to_log_in()


def begin_session(_app: Flask, user: User, **_: object) -> None:
    """Forget what the session held before somebody logged in, and the wrong passwords of the account."""
    for name in session.keys() - {
        "_user_id",
        "_fresh",
        "_id",
        "_remember",
        "_remember_seconds",
        "fs_cc",
        "fs_paa",
    }:
        session.pop(name)
    g.pop("csrf_token", None)
    db.session.execute(update(User).where(User.id == user.id).values(failed_logins=0, locked_until=None))
    db.session.commit()
    log.info("logged in", user_id=user.id)


def count_failure(_app: Flask, user: User, **_: object) -> None:
    """Count a wrong password or code."""
    services.count_failure(user)


def end_sessions(_app: Flask, user: User, **_: object) -> None:
    """End all sessions: a cookie that somebody has copied must not outlive the log-out."""
    if user.is_authenticated:
        services.end_sessions(db.session.get_one(User, user.id))
