"""Version 1 of the API."""

# <% if not cookiecutter.auth %>
from app.blueprints.api.parsing import Blueprint
# <% else %>
from app.blueprints.api.guard import GuardedBlueprint as Blueprint
# <% endif %>

api_v1_bp = Blueprint("api_v1", __name__)

# <% if cookiecutter.jobs == "celery" %>
from . import exports, resources  # noqa: E402, F401  (they need the blueprint above)
# <% else %>
from . import resources  # noqa: E402, F401  (the resources need the blueprint above)
# <% endif %>
