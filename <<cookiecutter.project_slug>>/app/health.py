"""Health for machines: is the process alive, and can it serve?"""

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .extensions import db

health_bp = Blueprint("health", __name__)


@health_bp.get("/healthz")
def alive() -> dict[str, str]:
    """Answer without touching anything: a failing database is no reason to restart the process."""
    return {"status": "ok"}


@health_bp.get("/readyz")
def ready() -> tuple[dict[str, str], int]:
    """Answer 503 while the database cannot be asked, so that a balancer sends requests elsewhere."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return {"status": "unavailable", "database": "unavailable"}, 503
    return {"status": "ok", "database": "ok"}, 200
