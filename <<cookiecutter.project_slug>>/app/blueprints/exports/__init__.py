"""Pages that start an export of all notes, show how far it is and give the file."""

from flask import Blueprint
# <% if cookiecutter.auth %>
from werkzeug.wrappers import Response

from app.auth.access import redirect_to_login
from app.auth.owner import owner_id
# <% endif %>

exports_bp = Blueprint("exports", __name__, url_prefix="/exports")
# <% if cookiecutter.auth %>


@exports_bp.before_request
def ask_visitors() -> Response | None:
    """Lead whoever has not logged in to where he can: exports belong to accounts."""
    return redirect_to_login() if owner_id() is None else None

# <% endif %>

from . import views  # noqa: E402, F401  (the views need the blueprint above)
