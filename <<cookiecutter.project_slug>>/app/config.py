"""Settings: read from environment variables, and validated, when an application is created."""

import logging
import os
from pathlib import Path
from typing import Any

from dotenv import find_dotenv, load_dotenv
from environs import EnvValidationError, validate

# <% if cookiecutter.auth %>
from .auth.settings import ARGON2, account_settings
# <% endif %>
# <% if cookiecutter.cache == "redis" %>
from .cache.settings import REDIS_OPTIONS, redis_url
# <% endif %>
from .core import validators as valid
# <% if cookiecutter.database == "postgresql" %>
from .core.postgres import engine_options
# <% endif %>
from .core.secret_keys import check_keys
from .core.settings import Env, split
# <% if cookiecutter.jobs == "celery" %>
from .jobs.settings import job_settings
# <% endif %>
# <% if cookiecutter.observability != "logs" %>
from .observability.settings import observability_settings
# <% endif %>

ROOT = Path(__file__).resolve().parent.parent

# What Flask reads as off in FLASK_DEBUG and FLASK_SKIP_DOTENV.
OFF = ("", "0", "false", "no")


class ConfigError(RuntimeError):
    """Settings are missing or invalid; the message names every variable and no value."""


class BaseConfig:
    """Settings of every environment.

    Parameters:
        env: the variables; it collects validation errors, which ``env.seal()`` raises.
    """

    APP_NAME = "<< cookiecutter.project_name | python >>"
    APP_DESCRIPTION = "<< cookiecutter.description | python >>"
    DEBUG = False
    PAGE_SIZE = 10
    NAVIGATION: tuple[tuple[str, str], ...] = (
        # The links in the header: label and endpoint.
        ("Home", "main.index"),
        ("Notes", "notes.index"),
        # <% if cookiecutter.api == "v1" %>
        ("API", "api_v1_docs.page"),
        # <% endif %>
        # <% if cookiecutter.api == "v1-v2" %>
        ("API", "api_v2_docs.page"),
        # <% endif %>
        # <% if cookiecutter.jobs == "celery" %>
        ("Exports", "exports.index"),
        # <% endif %>
    )
    # Below these paths JSON is accepted, and all errors are Problem Details (RFC 9457).
    # <% if cookiecutter.api == "none" %>
    PROBLEM_PATHS: tuple[str, ...] = ()
    # <% else %>
    PROBLEM_PATHS: tuple[str, ...] = ("/api/",)
    # <% endif %>
    # <% if cookiecutter.api == "v1-v2" %>
    # RFC 9745 and RFC 8594: since when version 1 is deprecated, and from when it may be gone.
    API_V1_DEPRECATED_ON = "2026-12-01T00:00:00Z"
    API_V1_SUNSET_ON = "2028-12-01T00:00:00Z"
    # <% endif %>
    # While the storage of rate limits is unavailable, each process counts for itself, and no request fails.
    RATELIMIT_IN_MEMORY_FALLBACK_ENABLED = True
    RATELIMIT_SWALLOW_ERRORS = True
    # <% if cookiecutter.cache == "redis" %>
    RATELIMIT_STORAGE_OPTIONS = REDIS_OPTIONS
    # <% endif %>
    SESSION_COOKIE_SAMESITE = "Lax"

    prefix: str | None = None
    default_key = ""
    default_database = "sqlite:///dev.db"
    log_format = "console"

    def __init__(self, env: Env) -> None:
        self.SECRET_KEY = env.secret("SECRET_KEY", self.default_key)
        self.SECRET_KEY_FALLBACKS = split(env.secret("SECRET_KEY_FALLBACKS", ""))
        url = env.secret("DATABASE_URL", self.default_database, validate=valid.DATABASE)
        self.SQLALCHEMY_DATABASE_URI = valid.normalize_url(url)
        self.SQLALCHEMY_ENGINE_OPTIONS: dict[str, Any] = {}
        # <% if cookiecutter.database == "postgresql" %>
        if self.SQLALCHEMY_DATABASE_URI.startswith("postgresql"):
            self.SQLALCHEMY_ENGINE_OPTIONS = engine_options(self.SQLALCHEMY_DATABASE_URI)
        # <% endif %>
        self.LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
        self.LOG_FORMAT = env.str("LOG_FORMAT", self.log_format, validate=validate.OneOf(("console", "json")))
        self.MAX_CONTENT_LENGTH = env.int("MAX_CONTENT_LENGTH", 16 * 1024 * 1024, validate=valid.POSITIVE)
        self.TRUSTED_HOSTS = split(env.secret("TRUSTED_HOSTS", "", validate=valid.HOSTS)) or None
        self.PROXY_HOPS = env.int("PROXY_HOPS", 0, validate=validate.Range(min=0))
        self.PROXY_PREFIX = env.bool("PROXY_PREFIX", False)
        # <% if cookiecutter.api != "none" %>
        self.CORS_ORIGINS = split(env.secret("CORS_ORIGINS", ""))
        # <% endif %>
        self.RATELIMIT_DEFAULT = env.str("RATELIMIT_DEFAULT", "600 per minute", validate=valid.RATE_LIMITS)
        # <% if cookiecutter.cache == "none" %>
        self.RATELIMIT_STORAGE_URI = env.secret("RATELIMIT_STORAGE_URI", "memory://", validate=valid.STORAGE)
        # <% else %>
        self.REDIS_URL = redis_url(env)
        self.RATELIMIT_STORAGE_URI = env.secret(
            "RATELIMIT_STORAGE_URI", self.REDIS_URL or "memory://", validate=valid.STORAGE
        )
        # <% endif %>
        # <% if cookiecutter.jobs == "celery" %>
        vars(self).update(job_settings(env))
        # <% endif %>
        # <% if cookiecutter.auth %>
        vars(self).update(account_settings(env, self))
        # <% endif %>
        # <% if cookiecutter.observability != "logs" %>
        vars(self).update(observability_settings(env))
        # <% endif %>


class DevelopmentConfig(BaseConfig):
    """A developer's machine: debug mode, and defaults for everything."""

    DEBUG = True
    # Sessions end with the process until .env has a key.
    default_key = os.urandom(32).hex()


class TestingConfig(BaseConfig):
    """Tests: an in-memory database; only environment variables that begin with ``TEST_`` are read."""

    __test__ = False  # the name looks like a test class to pytest
    TESTING = True
    WTF_CSRF_ENABLED = False
    prefix = "TEST_"
    default_key = os.urandom(32).hex()
    default_database = "sqlite:///:memory:"
    # <% if cookiecutter.auth %>

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        # Tests log in often; production's hashes would take most of their time.
        self.SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS = ARGON2 | {"argon2__memory_cost": 8}
    # <% endif %>


class ProductionConfig(BaseConfig):
    """Production: required variables, strong keys, secure cookies."""

    PREFERRED_URL_SCHEME = "https"
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    log_format = "json"

    def __init__(self, env: Env) -> None:
        super().__init__(env)
        # Errors in the log show the statement, never the values that users entered.
        self.SQLALCHEMY_ENGINE_OPTIONS = {**self.SQLALCHEMY_ENGINE_OPTIONS, "hide_parameters": True}
        env.secret("SECRET_KEY", validate=check_keys)
        env.secret("SECRET_KEY_FALLBACKS", "", validate=check_keys)
        env.secret("DATABASE_URL", validate=valid.PERSISTENT)
        env.secret("TRUSTED_HOSTS", validate=valid.REQUIRED)
        # <% if cookiecutter.cache == "redis" %>
        env.secret("REDIS_URL", validate=valid.REQUIRED)
        # <% endif %>
        # <% if cookiecutter.jobs == "celery" %>
        env.secret("BROKER_URL", validate=valid.REQUIRED)
        # <% endif %>
        env.str("FLASK_DEBUG", "0", validate=validate.OneOf(OFF, error="Unset it."))


CONFIGS: dict[str, type[BaseConfig]] = {
    "development": DevelopmentConfig,
    "testing": TestingConfig,
    "production": ProductionConfig,
}


def load_config(name: str | None = None) -> dict[str, Any]:
    """Return the settings of an environment, for ``app.config.from_mapping``.

    Parameters:
        name: ``development``, ``testing`` or ``production``; without it ``APP_ENV``, then ``development``.

    Raises:
        ConfigError: the name is unknown, or settings are missing or invalid.
    """
    name = (name or os.environ.get("APP_ENV") or "development").lower()
    if name not in CONFIGS:
        raise ConfigError(f"APP_ENV must be one of {', '.join(CONFIGS)}.")
    if name == "development":
        load_env_files()
    env = Env(eager=False, prefix=CONFIGS[name].prefix, strip_whitespace=True)
    config = CONFIGS[name](env)
    try:
        env.seal()
    except EnvValidationError as error:
        messages: Any = error.error_messages
        lines = [f"{key}: {' '.join(dict.fromkeys(texts))}" for key, texts in messages.items()]
        raise ConfigError("\n  - ".join([f"Cannot start in {name}:", *lines])) from None
    reads_env_file = os.getenv("FLASK_SKIP_DOTENV", "").lower() in OFF and find_dotenv(usecwd=True)
    if name == "production" and reads_env_file:
        raise ConfigError("The flask command reads .env, which is for development. Set FLASK_SKIP_DOTENV=1.")
    return {key: getattr(config, key) for key in dir(config) if key.isupper()}


def load_env_files() -> None:
    """Read ``.env`` and ``.flaskenv``, as the ``flask`` command does; variables that are set are kept."""
    for file in (".env", ".flaskenv"):
        try:
            load_dotenv(ROOT / file, encoding="utf-8-sig")
        except (OSError, ValueError):
            raise ConfigError(f"{file} cannot be read. Save it as text in UTF-8.") from None
