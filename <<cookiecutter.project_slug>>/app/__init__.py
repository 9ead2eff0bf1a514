"""The application factory."""

from flask import Flask

# <% if cookiecutter.auth %>
from .auth.setup import init_auth
# <% endif %>
# <% if cookiecutter.api != "none" %>
from .blueprints.api import register_api
# <% endif %>
# <% if cookiecutter.jobs == "celery" %>
from .blueprints.exports import exports_bp
# <% endif %>
from .blueprints.main import main_bp
from .blueprints.notes import notes_bp
# <% if cookiecutter.cache == "redis" %>
from .cache import init_cache
# <% endif %>
from .cli import register_cli_commands
from .config import load_config
from .core.errors import register_error_handlers
from .core.health import init_health
from .core.json_provider import OrjsonProvider
from .core.log_config import configure_logging
from .core.request_body import BodyRequest
from .core.request_log import init_request_log
from .core.security import init_security
from .core.static_files import init_static_files
from .core.url_converters import IdConverter
from .extensions import init_extensions
# <% if cookiecutter.jobs == "celery" %>
from .jobs import celery_init_app
# <% endif %>
# <% if cookiecutter.observability != "logs" %>
from .observability import init_observability
# <% endif %>


def create_app(config_name: str | None = None) -> Flask:
    """Create an application.

    Parameters:
        config_name: ``development``, ``testing`` or ``production``; without it ``APP_ENV`` decides.

    Raises:
        ConfigError: the environment lacks a setting or holds one that cannot be used.
    """
    app = Flask(__name__, instance_relative_config=True)
    app.config.from_mapping(load_config(config_name))

    app.request_class = BodyRequest
    # <% if cookiecutter.observability != "logs" %>
    init_observability(app)
    # <% endif %>
    app.json = OrjsonProvider(app)
    app.url_map.converters["id"] = IdConverter
    configure_logging(app.config["LOG_LEVEL"], app.config["LOG_FORMAT"])
    init_request_log(app)
    init_extensions(app)
    # <% if cookiecutter.cache == "redis" %>
    init_cache(app)
    # <% endif %>
    # <% if cookiecutter.jobs == "celery" %>
    celery_init_app(app)
    # <% endif %>
    init_health(app)
    init_security(app)
    init_static_files(app)
    # <% if cookiecutter.auth %>
    init_auth(app)
    # <% endif %>

    app.register_blueprint(main_bp)
    # <% if cookiecutter.jobs == "celery" %>
    app.register_blueprint(exports_bp)
    # <% endif %>
    app.register_blueprint(notes_bp)
    # <% if cookiecutter.api != "none" %>
    register_api(app)
    # <% endif %>

    register_error_handlers(app)
    register_cli_commands(app)
    return app
