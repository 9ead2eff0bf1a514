"""Pages that start an export of all data, show its progress and serve the file."""

from flask import Blueprint
# <% if cookiecutter.auth %>

from app.auth.access import require_login
# <% endif %>

exports_bp = Blueprint("exports", __name__, url_prefix="/exports")
# <% if cookiecutter.auth %>
exports_bp.before_request(require_login)  # exports belong to accounts
# <% endif %>

from . import views as views  # noqa: E402  (needs the blueprint above)
