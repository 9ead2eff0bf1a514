"""The pages that people see."""

from flask import Blueprint

main_bp = Blueprint("main", __name__)

from . import views  # noqa: E402, F401  (the views need the blueprint above)
