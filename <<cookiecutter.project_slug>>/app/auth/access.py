"""Who is asked to log in, and what only some accounts may do."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from app.core.errors import wants_problem

P = ParamSpec("P")
T = TypeVar("T")


def ask_to_log_in(mechanisms: object = None, headers: object = None) -> Response:
    """Lead people to the page where they log in, and back; the parameters are what Flask-Security gives.

    Raises:
        werkzeug.exceptions.Unauthorized: a program asked.
    """
    if wants_problem():
        raise Unauthorized("Log in first.")
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("security.login", next=back))


def role_required(name: str) -> Callable[[Callable[P, T]], Callable[P, T | Response]]:
    """Let a view answer only accounts with a role.

    Parameters:
        name: the role. Others get 403, and who has not logged in is asked to.
    """

    def decorate(view: Callable[P, T]) -> Callable[P, T | Response]:
        @wraps(view)
        def asked(*args: P.args, **kwargs: P.kwargs) -> T | Response:
            if not current_user.is_authenticated:
                return ask_to_log_in()
            if not current_user.has_role(name):
                raise Forbidden("This is for others.")
            return view(*args, **kwargs)

        return asked

    return decorate
