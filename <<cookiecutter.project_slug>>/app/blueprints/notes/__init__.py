"""The pages of notes."""

from flask import Blueprint

# <% if cookiecutter.auth %>
from app.auth.access import require_login

# <% endif %>
notes_bp = Blueprint("notes", __name__, url_prefix="/notes")
# <% if cookiecutter.auth %>
notes_bp.before_request(require_login)  # notes belong to accounts
# <% endif %>

from . import views as views  # noqa: E402  (needs the blueprint above)
