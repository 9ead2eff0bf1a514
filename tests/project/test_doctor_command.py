"""`flask doctor` as an operator runs it: nothing to say about a sound installation, and each mistake found."""

import time
from collections.abc import Iterator

import pytest
from job_processes import WORKER, Jobs, wait_until
from postgres import Postgres
from project import PRODUCTION, Project, free_port
from redis_server import RedisServer

examined = pytest.mark.parametrize("project", ["full"], indirect=True)
KEY = PRODUCTION["SECRET_KEY"]
# What to set, the level of the issue, the variable and a word of what is said.
VARIABLES: dict[str, tuple[dict[str, str], str, str, str]] = {
    "database down": (
        {"DATABASE_URL": f"postgresql+psycopg://shop@127.0.0.1:{free_port()}/shop"},
        "error",
        "DATABASE_URL",
        "no response",
    ),
    "development": ({"APP_ENV": "development"}, "error", "APP_ENV", "production"),
    "any host": ({"APP_ENV": "development", "TRUSTED_HOSTS": ""}, "error", "TRUSTED_HOSTS", "empty"),
    "proxy forgotten": ({"PROXY_HOPS": "0"}, "warning", "PROXY_HOPS", "proxy"),
    "API open to all sites": ({"CORS_ORIGINS": "*"}, "warning", "CORS_ORIGINS", "every site"),
    "cache down": ({"REDIS_URL": f"redis://127.0.0.1:{free_port()}"}, "error", "REDIS_URL", "no response"),
    "broker down": ({"BROKER_URL": f"redis://127.0.0.1:{free_port()}"}, "error", "BROKER_URL", "no response"),
    "mail goes nowhere": ({"MAIL_URL": ""}, "warning", "MAIL_URL", "neither register"),
    "mail unencrypted": ({"MAIL_URL": "smtp://mail.example"}, "warning", "MAIL_URL", "unencrypted"),
    "second factor missing": ({"TOTP_SECRET": ""}, "warning", "TOTP_SECRET", "two-factor"),
}
CODE: dict[str, tuple[str, str, str]] = {
    "cookies over HTTP": ("COOKIE_SECURE = True", "COOKIE_SECURE = False", "SESSION_COOKIE_SECURE"),
    "cookies for scripts": (
        "    SESSION_COOKIE_SAMESITE",
        "    SESSION_COOKIE_HTTPONLY = False\n    SESSION_COOKIE_SAMESITE",
        "SESSION_COOKIE_HTTPONLY",
    ),
    "forms unprotected": (
        "    SESSION_COOKIE_SECURE = True\n",
        "    SESSION_COOKIE_SECURE = True\n    WTF_CSRF_ENABLED = False\n",
        "WTF_CSRF_ENABLED",
    ),
}


@pytest.fixture(scope="module")
def sound(
    project: Project, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The variables of an installation that is as it should be, while its worker works."""
    folder = tmp_path_factory.mktemp("sound")
    url = postgres.create_database("examined")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    away = project.path / "away.env"
    (project.path / ".env").rename(away)
    variables = PRODUCTION | {
        "DATABASE_URL": url,
        "REDIS_URL": (redis_server := RedisServer(folder / "redis")).url,
        "BROKER_URL": redis_server.url,
        "PROXY_HOPS": "1",
        "MAIL_URL": "smtps://ann:pass@mail.example",
        "TOTP_SECRET": KEY[::-1],
    }
    jobs = Jobs(project, folder, **variables)
    try:
        with redis_server, jobs.running(*WORKER):
            wait_until(lambda: "1 node online" in jobs.run("celery", "-A", "worker", "status", check=False))
            yield variables
    finally:
        away.rename(project.path / ".env")


def doctor(project: Project, variables: dict[str, str]) -> list[str]:
    """Give the issues, a line each; the exit code must fit them."""
    code, text = project.outcome(".venv/bin/flask", "doctor", "--strict", **variables)
    issues = [] if text == "No issues found.\n" else text.splitlines()
    assert all(line.startswith(("error: ", "warning: ")) for line in issues), text
    assert code == (1 if issues else 0)
    assert KEY not in text
    return issues


def lasting(project: Project, variables: dict[str, str]) -> list[str]:
    """Give the issues that are no matter of a moment: the worker has a second to respond, Redis less."""
    deadline = time.monotonic() + 30
    while True:
        issues = doctor(project, variables)
        if time.monotonic() > deadline or not any("respon" in line for line in issues):
            return issues


@examined
def test_doctor_has_nothing_to_say_about_a_sound_installation(project: Project, sound: dict[str, str]):
    assert lasting(project, sound) == []


@examined
def test_doctor_finds_every_mistake_in_the_variables(project: Project, sound: dict[str, str]):
    for name, (wrong, level, variable, word) in VARIABLES.items():
        issues = doctor(project, sound | wrong)
        assert any(line.startswith(f"{level}: {variable}") and word in line for line in issues), (
            name,
            issues,
        )


@examined
def test_doctor_says_what_keeps_the_application_from_starting(project: Project, sound: dict[str, str]):
    code, said = project.outcome(".venv/bin/flask", "doctor", **sound | {"SECRET_KEY": ""})
    assert code == 1
    assert "Cannot start in production:\n  - SECRET_KEY: " in said
    assert "Traceback" not in said


@examined
def test_doctor_finds_every_mistake_in_the_code(project: Project, sound: dict[str, str]):
    path = project.path / "app/config.py"
    good = path.read_text()
    try:
        for name, (right, wrong, setting) in CODE.items():
            assert good.count(right) == 1, right
            path.write_text(good.replace(right, wrong))
            (issue,) = lasting(project, sound)
            assert issue.startswith(f"error: {setting} "), (name, issue)
    finally:
        path.write_text(good)


@examined
def test_doctor_finds_what_has_not_been_done(project: Project, sound: dict[str, str], postgres: Postgres):
    new = sound | {"DATABASE_URL": postgres.create_database("not-migrated")}
    (found,) = lasting(project, new)
    assert found.endswith("Run flask db upgrade")

    head = project.path / "migrations/versions/9999_another.py"
    head.write_text(
        '''"""Another head."""\n\nrevision = "9999"\ndown_revision = "0001"\n\n\ndef upgrade() -> None: ...\n'''
    )
    try:
        (found,) = lasting(project, sound)
    finally:
        head.unlink()
    assert "9999" in found
    assert found.endswith("Run flask db merge heads")
