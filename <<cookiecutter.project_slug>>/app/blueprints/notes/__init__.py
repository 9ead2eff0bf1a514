"""The pages of notes."""

from flask import Blueprint
# <% if cookiecutter.auth %>
from werkzeug.wrappers import Response

from app.auth.access import redirect_to_login
from app.auth.owner import owner_id
# <% endif %>

notes_bp = Blueprint("notes", __name__, url_prefix="/notes")

# <% if cookiecutter.auth %>

@notes_bp.before_request
def require_login() -> Response | None:
    """Redirect anonymous users to the login page: notes belong to accounts."""
    return redirect_to_login() if owner_id() is None else None


# <% endif %>
from . import views  # noqa: E402, F401  (they need the blueprint above)
