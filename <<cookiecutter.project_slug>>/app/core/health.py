"""Health checks: ``/healthz`` says whether the process is alive, ``/readyz`` whether it can serve.

They run in front of the application, so that no host check, rate limit, session or log line applies to them.
"""

from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug import Request, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app.extensions import db


def init_health(app: Flask) -> None:
    """Serve the health checks."""

    @Request.application
    def liveness(_request: Request) -> Response:
        """Touch nothing: a database that is down is no reason to restart the process."""
        return health_response(app, {"status": "ok"})

    @Request.application
    def readiness(_request: Request) -> Response:
        """Return 503 while the database is unavailable, so that a balancer sends requests elsewhere."""
        try:
            with app.app_context():
                db.session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return health_response(app, {"status": "unavailable", "database": "unavailable"}, 503)
        return health_response(app, {"status": "ok", "database": "ok"})

    checks = {"/healthz": liveness, "/readyz": readiness}
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, checks)  # type: ignore[method-assign]


def health_response(app: Flask, body: dict[str, str], status: int = 200) -> Response:
    """Return a JSON response that is not cached."""
    return Response(app.json.dumps(body), status, {"Cache-Control": "no-store"}, mimetype="application/json")
