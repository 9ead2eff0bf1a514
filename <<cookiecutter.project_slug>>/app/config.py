"""Layered configuration: everything comes from the environment, read when an application is made."""

import os
from pathlib import Path
from typing import Any

from dotenv import dotenv_values, find_dotenv
from flask.helpers import get_debug_flag, get_load_dotenv

# <% if cookiecutter.auth %>
from .auth.settings import account_settings
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from .cache.redis_client import redis_url
# <% endif %>
from .core.environment import ConfigError as ConfigError
from .core.environment import Environment, forgetful, unusable, unusable_hosts
# <% if cookiecutter.database == "postgresql" %>
from .core.postgres import ENGINE_OPTIONS
# <% endif %>
from .core.secret_keys import MINIMUM_KEY_BYTES, weak_keys
# <% if cookiecutter.jobs == "celery" %>
from .jobs.settings import job_settings
# <% endif %>
# <% if cookiecutter.observability != "logs" %>
from .observability.settings import observability_settings
# <% endif %>

ROOT = Path(__file__).resolve().parent.parent
LOG_LEVELS = ("debug", "info", "warning", "error", "critical")
LOG_FORMATS = ("console", "json")


class BaseConfig:
    """Settings that every environment shares.

    Parameters:
        env: where the values come from. What cannot be used is left in ``env.problems``.
    """

    APP_NAME = "<< cookiecutter.project_name | python >>"
    APP_DESCRIPTION = "<< cookiecutter.description | python >>"
    PAGE_SIZE = 10  # rows of a list, before a reader has to turn the page
    NAVIGATION = (
        # The links in the header: label and endpoint.
        ("Home", "main.index"),
        # <% if cookiecutter.api == "v1" %>
        ("API", "api_v1_docs.page"),
        # <% endif %>
        # <% if cookiecutter.api == "v1-v2" %>
        ("API", "api_v2_docs.page"),
        # <% endif %>
    )
    # Errors below these paths are problem documents whatever the client accepts.
    # <% if cookiecutter.api == "none" %>
    PROBLEM_PATHS: tuple[str, ...] = ()
    # <% else %>
    PROBLEM_PATHS: tuple[str, ...] = ("/api/",)
    # <% endif %>
    # <% if cookiecutter.api == "v1-v2" %>
    # RFC 9745 and RFC 8594: since when version 1 is deprecated, and from when it may be gone.
    API_V1_DEPRECATED_ON = "2026-12-01"
    API_V1_SUNSET_ON = "2028-12-01"
    # <% endif %>
    DEFAULT_LOG_FORMAT = "console"
    # A limiter whose storage is away lets requests through: a cache that is down is not an outage.
    RATELIMIT_SWALLOW_ERRORS = True
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"

    def __init__(self, env: Environment) -> None:
        self.SECRET_KEY = env.text("SECRET_KEY")
        # Old keys still open sessions and forms; what they open comes back signed with the new one.
        self.SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
        self.SQLALCHEMY_DATABASE_URI = env.text("DATABASE_URL", "sqlite:///dev.db")
        self.SQLALCHEMY_ENGINE_OPTIONS: dict[str, Any] = {}
        # <% if cookiecutter.database == "postgresql" %>
        if self.SQLALCHEMY_DATABASE_URI.startswith("postgresql"):
            self.SQLALCHEMY_ENGINE_OPTIONS = ENGINE_OPTIONS
        # <% endif %>
        self.LOG_LEVEL = env.choice("LOG_LEVEL", "info", LOG_LEVELS).upper()
        self.LOG_FORMAT = env.choice("LOG_FORMAT", self.DEFAULT_LOG_FORMAT, LOG_FORMATS)
        self.MAX_CONTENT_LENGTH = env.integer("MAX_CONTENT_LENGTH", 16 * 1024 * 1024, minimum=1)
        self.MAX_JSON_LENGTH = env.integer("MAX_JSON_LENGTH", 1024 * 1024, minimum=1)
        self.MAX_FORM_MEMORY_SIZE = env.integer("MAX_FORM_MEMORY_SIZE", 500_000, minimum=1)
        self.MAX_FORM_PARTS = env.integer("MAX_FORM_PARTS", 1000, minimum=1)
        self.RATELIMIT_DEFAULT = env.text("RATELIMIT_DEFAULT", "600 per minute")
        self.RATELIMIT_STORAGE_URI = env.text("RATELIMIT_STORAGE_URI", "process://")
        # <% if cookiecutter.cache == "redis" %>
        self.REDIS_URL = redis_url(env)
        self.RATELIMIT_STORAGE_URI = env.text("RATELIMIT_STORAGE_URI", self.REDIS_URL or "process://")
        # <% endif %>
        # <% if cookiecutter.jobs == "celery" %>
        vars(self).update(job_settings(env, self))
        # <% endif %>
        env.problems += unusable(
            self.SQLALCHEMY_DATABASE_URI, self.RATELIMIT_DEFAULT, self.RATELIMIT_STORAGE_URI
        )
        # <% if cookiecutter.api != "none" %>
        self.CORS_ORIGINS = env.words("CORS_ORIGINS")
        # <% endif %>
        # <% if cookiecutter.auth %>
        vars(self).update(account_settings(env, self))
        # <% endif %>
        self.TRUSTED_HOSTS = env.words("TRUSTED_HOSTS") or None
        env.problems += unusable_hosts(self.TRUSTED_HOSTS or ())
        self.PROXY_HOPS = env.integer("PROXY_HOPS", 0)
        # <% if cookiecutter.observability != "logs" %>
        vars(self).update(observability_settings(env, self))
        # <% endif %>


class DevelopmentConfig(BaseConfig):
    """A developer's machine: reads ``.env`` and ``.flaskenv``, debugs, and forgives what is missing."""

    DEBUG = True

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        # Good for this process alone: sessions end with a restart until .env has a key.
        self.SECRET_KEY = self.SECRET_KEY or os.urandom(MINIMUM_KEY_BYTES).hex()


class TestingConfig(BaseConfig):
    """Tests: a database in memory, and nothing from the developer's own environment."""

    __test__ = False  # the name looks like a test class to pytest
    TESTING = True
    WTF_CSRF_ENABLED = False

    def __init__(self, env: Environment) -> None:
        database_url = env.text("TEST_DATABASE_URL", "sqlite:///:memory:")
        super().__init__(Environment({"SECRET_KEY": os.urandom(32).hex(), "DATABASE_URL": database_url}))


class ProductionConfig(BaseConfig):
    """Production: reads no file, and refuses what would be unsafe."""

    DEBUG = False
    DEFAULT_LOG_FORMAT = "json"
    PREFERRED_URL_SCHEME = "https"
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"

    def __init__(self, env: Environment) -> None:
        super().__init__(env)
        # An error in the log shows the statement, never what visitors have written.
        self.SQLALCHEMY_ENGINE_OPTIONS = {**self.SQLALCHEMY_ENGINE_OPTIONS, "hide_parameters": True}
        required = ["SECRET_KEY", "DATABASE_URL", "TRUSTED_HOSTS"]
        # <% if cookiecutter.cache == "redis" %>
        required += ["REDIS_URL"]
        # <% endif %>
        # <% if cookiecutter.jobs == "celery" %>
        required += ["BROKER_URL"]
        # <% endif %>
        # A blank or a comma alone is as good as nothing.
        env.problems += [f"{name} is missing" for name in required if not env.words(name)]
        env.problems += forgetful(self.SQLALCHEMY_DATABASE_URI)
        env.problems += weak_keys("SECRET_KEY", self.SECRET_KEY)
        env.problems += weak_keys("SECRET_KEY_FALLBACKS", *self.SECRET_KEY_FALLBACKS)
        if env.flag("FLASK_DEBUG") or get_debug_flag():  # Flask takes "off" for on
            env.problems.append("FLASK_DEBUG is on: unset it")
        if os.environ.get("FLASK_RUN_FROM_CLI") and get_load_dotenv():
            for name in filter(lambda name: find_dotenv(name, usecwd=True), (".flaskenv", ".env")):
                env.problems.append(f"the flask command has read {name}: set FLASK_SKIP_DOTENV=1")


CONFIGS: dict[str, type[BaseConfig]] = {
    "development": DevelopmentConfig,
    "testing": TestingConfig,
    "production": ProductionConfig,
}


def load_config(name: str | None = None) -> dict[str, Any]:
    """Choose an environment and read its settings.

    Parameters:
        name: ``development``, ``testing`` or ``production``; without it ``APP_ENV`` decides, then ``development``.

    Returns:
        The upper-case settings for ``app.config.from_mapping``.

    Raises:
        ConfigError: the name is unknown, or settings are missing or unusable.
    """
    chosen = (name or os.environ.get("APP_ENV") or "development").lower()
    if (config_class := CONFIGS.get(chosen)) is None:
        raise ConfigError("Cannot start:", [f"APP_ENV must be one of {', '.join(CONFIGS)}"])

    variables = dict(os.environ)
    if config_class is DevelopmentConfig:
        files = dotenv_values(ROOT / ".flaskenv") | dotenv_values(ROOT / ".env")
        variables = {key: value for key, value in files.items() if value is not None} | variables

    env = Environment(variables)
    config = config_class(env)
    if env.problems:
        raise ConfigError(f"Cannot start in {chosen}:", list(dict.fromkeys(env.problems)))
    return {key: getattr(config, key) for key in dir(config) if key.isupper()}
