"""Version 2 of the API: lists come in an envelope."""

from app.blueprints.api.blueprint import Blueprint

api_v2_bp = Blueprint("api_v2", __name__)

# <% if cookiecutter.jobs == "celery" %>
from . import exports, notes  # noqa: E402, F401  (they need the blueprint above)
# <% else %>
from . import notes  # noqa: E402, F401  (they need the blueprint above)
# <% endif %>
