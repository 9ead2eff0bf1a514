"""Version 2 of the API: lists come in an envelope."""

from app.blueprints.api.blueprint import Blueprint

api_v2_bp = Blueprint("api_v2", __name__)

# <% if cookiecutter.jobs == "celery" %>
from . import exports as exports  # noqa: E402  (needs the blueprint above)
# <% endif %>
from . import notes as notes  # noqa: E402  (needs the blueprint above)
