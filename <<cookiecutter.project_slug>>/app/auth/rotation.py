"""What old keys have signed for accounts stays good, and comes back signed with the new one."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request, session
from flask_login import current_user, decode_cookie, encode_cookie
from flask_security import Security
from itsdangerous import Serializer

from app.core.secret_keys import signing_keys


def rotate_keys(app: Flask, security: Security) -> None:
    """Let links, challenges and remembered devices outlive a change of ``SECRET_KEY``."""
    # The library puts the newest key first, and the last one signs.
    keys = [key.encode() for key in signing_keys(app.config)]
    for made in vars(security).values():
        if isinstance(made, Serializer):
            made.secret_keys = keys
    remember_by_old_keys(app)


def remember_by_old_keys(app: Flask) -> None:
    """Let the cookie of a remembered device count under an old key, and send it anew.

    Flask-Login knows no more than one key, so its own two steps get a cookie that the new one has signed.
    """
    manager: Any = app.login_manager  # type: ignore[attr-defined]
    load = manager._load_user_from_remember_cookie
    update: Callable[[Response], Response] = manager._update_remember_cookie

    def opened(cookie: str) -> str | None:
        """Give whom an old key has signed for."""
        for key in app.config["SECRET_KEY_FALLBACKS"]:
            if cookie.isascii() and (identity := decode_cookie(cookie, key)):
                return str(identity)
        return None

    def load_by_any_key(cookie: str) -> Any:
        if not cookie.isascii():
            return None  # Flask-Login would fail to compare it
        identity = opened(cookie)
        return load(encode_cookie(identity) if identity else cookie)

    def send_anew(response: Response) -> Response:
        identity = opened(request.cookies.get(app.config["REMEMBER_COOKIE_NAME"], ""))
        if identity and current_user.is_authenticated and identity == session.get("_user_id"):
            session.setdefault("_remember", "set")
        return update(response)

    after = app.after_request_funcs[None]
    after[after.index(update)] = manager._update_remember_cookie = send_anew
    manager._load_user_from_remember_cookie = load_by_any_key
