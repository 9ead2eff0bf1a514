"""Version 1 of the API."""

from app.blueprints.api.blueprint import Blueprint
# <% if cookiecutter.api == "v1-v2" %>
from app.blueprints.api.deprecation import add_deprecation
# <% endif %>

api_v1_bp = Blueprint("api_v1", __name__)
# <% if cookiecutter.api == "v1-v2" %>
api_v1_bp.after_request(add_deprecation)
# <% endif %>

# <% if cookiecutter.jobs == "celery" and cookiecutter.api == "v1" %>
from . import exports, notes  # noqa: E402, F401  (they need the blueprint above)
# <% else %>
from . import notes  # noqa: E402, F401  (they need the blueprint above)
# <% endif %>
