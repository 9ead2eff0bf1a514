"""Whose data the code works on, whoever asks: a page, the API, a command or a script."""

from flask import g
from flask_login import current_user
from werkzeug.exceptions import Unauthorized


def act_as(user_id: int) -> None:
    """Let everything in this context happen for an account, because a program or a command says for whom it works."""
    g.owner_id = user_id


def owner_id() -> int | None:
    """Give the account for which this context acts; None for a visitor without one, who owns nothing."""
    return g.get("owner_id") or getattr(current_user, "id", None)


def required_owner_id() -> int:
    """Give the account for which this context acts.

    Raises:
        werkzeug.exceptions.Unauthorized: there is none. A script says it with ``act_as``.
    """
    owner = owner_id()
    if owner is None:
        raise Unauthorized("Log in first.")
    return owner
