"""The pages about the application itself."""

from flask import render_template

from . import main_bp, services


@main_bp.get("/")
def index() -> str:
    """Show the home page."""
    return render_template("main/index.html", greeting=services.greeting())
