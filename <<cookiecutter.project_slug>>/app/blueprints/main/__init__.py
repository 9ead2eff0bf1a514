"""The pages that people see."""

from flask import Blueprint

main_bp = Blueprint("main", __name__)

from . import request_id, views  # noqa: E402, F401  (both need the blueprint above)
