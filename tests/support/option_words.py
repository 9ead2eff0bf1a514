"""The words by which a project would tell of an answer that was not given."""

from typing import Any

# What only an answer brings; without it the words are nowhere but in locks, which name what libraries could use.
TRACES = {
    "api": {"v1": ("smorest", "openapi", "ApiToken", "api_token", "Bearer", "users token", "swagger")},
    "auth": {
        True: (
            "flask_security",
            "flask-security",
            "app/auth",
            "app.auth",
            "owner_id",
            "/account/",
            "MAIL_URL",
            "passkey",
            "webauthn",
            "TOTP",
        )
    },
    "cache": {"redis": ("REDIS_URL", "flask_caching", "flask-caching", "app.cache", "app/cache")},
    "jobs": {"celery": ("celery", "Celery", "BROKER_URL", "app.jobs", "app/jobs", "exports/", "\nworker.py")},
    "observability": {
        "prometheus": ("prometheus", "Prometheus", "METRICS_PORT", "serve_metrics"),
        "opentelemetry": ("opentelemetry", "OpenTelemetry", "OTEL_", "traceparent"),
    },
    "wsgi_server": {
        "gunicorn": ("gunicorn.conf", "gunicorn wsgi:app"),
        "granian": ("granian",),
        "uwsgi": ("[uwsgi]", "pyuwsgi"),
        "waitress": ("serve_waitress",),
        "hypercorn": ("hypercorn",),
    },
    "deployment": {
        "compose": ("make deploy", "compose.dev.yaml", "deploy/compose"),
        "kubernetes": ("kubectl", "k8s", "kustomize"),
        "systemd": ("systemctl", "deploy/systemd"),
    },
    "ci": {
        "github": ("dependabot", "Dependabot", ".github/", "GitHub runs"),
        "gitlab": ("gitlab", "GitLab", "renovate"),
    },
    "linter": {"ruff": ("tool.ruff", "ruff check"), "black-isort": ("tool.black", "black --", "tool.isort]")},
}
# Both that watch bring error reports, so only a project without them knows nothing of those.
NO_REPORTS = ("sentry", "Sentry", "SENTRY", "trace_id")
# A broker may be a Redis, so only a project without both knows nothing of it.
NO_REDIS = ("redis", "Redis", "REDIS")


def foreign(answers: dict[str, Any]) -> list[str]:
    """Give the words that a project of these answers must not hold."""
    words = [
        word
        for option, brought in TRACES.items()
        for answer, listed in brought.items()
        if answer != answers[option] and answers[option] != "v1-v2"
        for word in listed
    ]
    if answers["cache"] == answers["jobs"] == "none":
        words += NO_REDIS
    if answers["observability"] == "logs":
        words += NO_REPORTS
    return words
