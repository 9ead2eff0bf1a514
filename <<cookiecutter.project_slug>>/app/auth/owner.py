"""The account that owns the data of the current context: of a page, the API, a command or a script."""

from flask import g
from flask_login import current_user
from werkzeug.exceptions import Unauthorized


def act_as(user_id: int) -> None:
    """Act for an account in this context, as the API and commands do."""
    g.owner_id = user_id


def owner_id() -> int | None:
    """Return the id of the account that this context acts for; None for anonymous users, who own nothing."""
    return g.get("owner_id") or getattr(current_user, "id", None)


def required_owner_id() -> int:
    """Return the id of the account for which this context acts.

    Raises:
        werkzeug.exceptions.Unauthorized: there is none. Scripts call ``act_as`` first.
    """
    owner = owner_id()
    if owner is None:
        raise Unauthorized("Sign in to continue.")
    return owner
