"""The variables that production requires, for tests."""

STRONG_KEY = "0123456789abcdefghijklmnopqrstuv-x"
REQUIRED = {
    "SECRET_KEY": STRONG_KEY,
    "DATABASE_URL": "sqlite:///x.db",
    "TRUSTED_HOSTS": "example.com",
    "FLASK_SKIP_DOTENV": "1",
    # <% if cookiecutter.jobs == "celery" %>
    "BROKER_URL": "redis://127.0.0.1:1/1",
    # <% endif %>
    # <% if cookiecutter.cache == "redis" %>
    "REDIS_URL": "redis://127.0.0.1:1",
    # <% endif %>
}
# With these, ``flask doctor`` finds no issue.
COMPLETE = REQUIRED | {
    "PROXY_HOPS": "1",
    # <% if cookiecutter.auth %>
    "MAIL_URL": "smtp://localhost",
    "TOTP_SECRET": STRONG_KEY,
    # <% endif %>
}
