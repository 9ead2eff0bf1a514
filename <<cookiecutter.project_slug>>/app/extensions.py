"""The extensions, unbound; ``init_extensions`` binds them to an application."""

# <% if cookiecutter.database == "postgresql" %>
from contextlib import suppress
# <% endif %>
from pathlib import Path

from flask import Flask
from flask_limiter import Limiter
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import event
from sqlalchemy.engine import Engine
# <% if cookiecutter.database == "postgresql" %>
from sqlalchemy.exc import OperationalError
# <% endif %>

# <% if cookiecutter.database == "postgresql" %>
from .core.postgres import set_session_timeouts
# <% endif %>
from .core.rate_limits import client_network
from .core.sqlite import set_sqlite_pragmas
from .models.base import Base

# Objects stay readable after a commit, even when another client has deleted their rows since.
db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate(directory=str(Path(__file__).resolve().parent.parent / "migrations"))
csrf = CSRFProtect()
limiter = Limiter(client_network)

event.listen(Engine, "connect", set_sqlite_pragmas)
# <% if cookiecutter.database == "postgresql" %>
event.listen(Engine, "connect", set_session_timeouts)
# <% endif %>


# <% if cookiecutter.database == "postgresql" %>
def close_session(_error: BaseException | None) -> None:
    """Close the session before Flask-SQLAlchemy does; a lost connection must not replace the response."""
    with suppress(OperationalError):
        db.session.remove()


# <% endif %>
def init_extensions(app: Flask) -> None:
    """Bind every extension to ``app``."""
    db.init_app(app)
    # <% if cookiecutter.database == "postgresql" %>
    app.teardown_appcontext(close_session)
    # <% endif %>
    migrate.init_app(app, db)
    csrf.init_app(app)
    limiter.init_app(app)
