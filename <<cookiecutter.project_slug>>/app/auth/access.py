"""Access control: redirects to the login page, and views for some roles only."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response

from app.core.errors import wants_problem

from .owner import owner_id

P = ParamSpec("P")
T = TypeVar("T")


def redirect_to_login(mechanisms: object = None, headers: object = None) -> Response:
    """Redirect to the login page, which leads back here; Flask-Security names the parameters.

    Raises:
        werkzeug.exceptions.Unauthorized: the client does not accept HTML.
    """
    if wants_problem():
        raise Unauthorized("Sign in to continue.")
    here = f"{request.script_root}{request.full_path}".rstrip("?")
    next_url = here if request.method == "GET" else None
    return redirect(url_for("security.login", next=next_url))


def require_login() -> Response | None:
    """Redirect anonymous users to the login page: a ``before_request`` function for blueprints."""
    return redirect_to_login() if owner_id() is None else None


def role_required(name: str) -> Callable[[Callable[P, T]], Callable[P, T | Response]]:
    """Restrict a view to accounts that have a role.

    Parameters:
        name: the role. Other accounts get 403; anonymous users are redirected to the login page.
    """

    def decorate(view: Callable[P, T]) -> Callable[P, T | Response]:
        @wraps(view)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T | Response:
            if not current_user.is_authenticated:
                return redirect_to_login()
            if not current_user.has_role(name):
                raise Forbidden("You do not have access to this page.")
            return view(*args, **kwargs)

        return wrapped

    return decorate
