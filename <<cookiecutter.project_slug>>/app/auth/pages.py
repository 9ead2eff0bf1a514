"""Pages beside Flask-Security's own: the account, and the list of accounts for administrators."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_security import auth_required
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.extensions import db
from app.models.account import User

from . import services
from .access import role_required

account_bp = Blueprint("account", __name__)
# More links on the account page: label and endpoint.
ACCOUNT_LINKS: list[tuple[str, str]] = []


def welcome() -> str:
    """Show anonymous users the home page."""
    return render_template("auth/welcome.html")


@account_bp.get("/")
@auth_required("session")
def index() -> str:
    """Show the account of the current user."""
    return render_template("auth/account.html", links=ACCOUNT_LINKS, roles=services.roles_of(current_user))


@account_bp.get("/users")
@role_required("admin")
def users() -> str:
    """List the accounts, or those whose email address contains ``search``."""
    search = request.args.get("search", "").strip()
    before, after = request.args.get("before", type=int), request.args.get("after", type=int)
    page = services.list_users(search, before=before, after=after)
    return render_template("auth/users.html", page=page, search=search, roles_of=services.roles_of)


def get_other_user(user_id: int) -> User:
    """Return an account.

    Raises:
        werkzeug.exceptions.NotFound: it does not exist, or it is the current user's own.
    """
    user = db.session.get(User, user_id)
    if user is None or user.id == current_user.id:
        raise NotFound("This account does not exist, or it is your own.")
    return user


@account_bp.post("/users/<id:user_id>/activate")
@role_required("admin")
def activate(user_id: int) -> Response:
    """Activate an account that was deactivated."""
    user = get_other_user(user_id)
    services.activate(user)
    flash(f"{user.email} was activated.")
    return redirect(url_for(".users"), code=303)


@account_bp.post("/users/<id:user_id>/deactivate")
@role_required("admin")
def deactivate(user_id: int) -> Response:
    """Deactivate an account."""
    user = get_other_user(user_id)
    services.deactivate(user)
    flash(f"{user.email} was deactivated.")
    return redirect(url_for(".users"), code=303)
