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
from . import exports as exports  # noqa: E402  (needs the blueprint above)
# <% endif %>
from . import notes as notes  # noqa: E402  (needs the blueprint above)
