"""The pages."""

from flask import Blueprint

main_bp = Blueprint("main", __name__)

from . import views as views  # noqa: E402  (needs the blueprint above)
