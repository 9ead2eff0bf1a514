"""The pages."""

from flask import Blueprint

main_bp = Blueprint("main", __name__)

from . import views  # noqa: E402, F401  (they use the blueprint above)
