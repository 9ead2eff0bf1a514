"""Pages that start an export of all notes, show how far it is and give the file."""

from flask import Blueprint

exports_bp = Blueprint("exports", __name__, url_prefix="/exports")

from . import views  # noqa: E402, F401  (the views need the blueprint above)
