"""Pages that start an export of all data, show its progress and serve the file."""

from flask import Blueprint
# <% if cookiecutter.auth %>
from werkzeug.wrappers import Response

from app.auth.access import redirect_to_login
from app.auth.owner import owner_id
# <% endif %>

exports_bp = Blueprint("exports", __name__, url_prefix="/exports")
# <% if cookiecutter.auth %>


@exports_bp.before_request
def require_login() -> Response | None:
    """Redirect anonymous users to the login page: exports belong to accounts."""
    return redirect_to_login() if owner_id() is None else None

# <% endif %>

from . import views  # noqa: E402, F401  (the views need the blueprint above)
