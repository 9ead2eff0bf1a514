"""Rotation of ``SECRET_KEY``: signatures of previous keys stay valid; cookies are signed with the new one."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request, session
from flask_login import current_user, decode_cookie, encode_cookie
from flask_security import Security
from itsdangerous import Serializer

from app.core.secret_keys import signing_keys


def rotate_keys(app: Flask, security: Security) -> None:
    """Keep links, challenges and remember cookies valid when ``SECRET_KEY`` changes."""
    # Flask-Security puts the newest key first, but itsdangerous signs with the last one.
    keys = [key.encode() for key in signing_keys(app.config)]
    for serializer in vars(security).values():
        if isinstance(serializer, Serializer):
            serializer.secret_keys = keys
    accept_old_remember_cookies(app)


def accept_old_remember_cookies(app: Flask) -> None:
    """Accept remember cookies that a previous key has signed, and sign them again.

    Flask-Login supports one key, so its own two steps get a cookie that the new key has signed.
    """
    manager: Any = app.login_manager  # type: ignore[attr-defined]
    load = manager._load_user_from_remember_cookie
    update: Callable[[Response], Response] = manager._update_remember_cookie

    def decode_old(cookie: str) -> str | None:
        """Return the user id in a cookie that a previous key has signed."""
        for key in app.config["SECRET_KEY_FALLBACKS"]:
            if cookie.isascii() and (identity := decode_cookie(cookie, key)):
                return str(identity)
        return None

    def load_by_any_key(cookie: str) -> Any:
        if not cookie.isascii():
            return None  # Flask-Login would fail to compare it
        identity = decode_old(cookie)
        return load(encode_cookie(identity) if identity else cookie)

    def renew_cookie(response: Response) -> Response:
        identity = decode_old(request.cookies.get(app.config["REMEMBER_COOKIE_NAME"], ""))
        if identity and current_user.is_authenticated and identity == session.get("_user_id"):
            session.setdefault("_remember", "set")
        return update(response)

    after = app.after_request_funcs[None]
    after[after.index(update)] = manager._update_remember_cookie = renew_cookie
    manager._load_user_from_remember_cookie = load_by_any_key
