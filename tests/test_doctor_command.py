"""`flask doctor` as an operator runs it: nothing to say about a sound installation, and each mistake found."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jobs import WORKER, Jobs, wait_until
from postgres import Postgres
from project import PRODUCTION, Project, free_port
from redis_server import RedisServer

examined = pytest.mark.parametrize("project", ["full"], indirect=True)
KEY = PRODUCTION["SECRET_KEY"]
# What to set, the subject of the finding, a word of it; all of it makes the command fail, with --strict if need be.
VARIABLES: dict[str, tuple[dict[str, str], str, str]] = {
    "key missing": ({"SECRET_KEY": ""}, "SECRET_KEY", "missing"),
    "key short": ({"SECRET_KEY": "Tr0ub4dor&3"}, "SECRET_KEY", "weak"),
    "key from an example": ({"SECRET_KEY": "change-me-" * 4}, "SECRET_KEY", "weak"),
    "old key weak": ({"SECRET_KEY_FALLBACKS": "secret"}, "SECRET_KEY_FALLBACKS", "weak"),
    "old keys never taken out": (
        {"SECRET_KEY_FALLBACKS": ",".join(KEY + str(number) for number in range(4))},
        "SECRET_KEY_FALLBACKS",
        "4 old keys",
    ),
    "database missing": ({"DATABASE_URL": ""}, "DATABASE_URL", "missing"),
    "database no URL": ({"DATABASE_URL": "postgres://shop@db/shop"}, "DATABASE_URL", "not a database URL"),
    "database in memory": ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL", "in memory"),
    "database without driver": ({"DATABASE_URL": "mysql://shop@db/shop"}, "DATABASE_URL", "not installed"),
    "database down": (
        {"DATABASE_URL": f"postgresql+psycopg://shop@127.0.0.1:{free_port()}/shop"},
        "database",
        "no answer",
    ),
    "hosts missing": ({"TRUSTED_HOSTS": ""}, "TRUSTED_HOSTS", "missing"),
    "hosts blank": ({"TRUSTED_HOSTS": " , "}, "TRUSTED_HOSTS", "missing"),
    "hosts by a pattern": ({"TRUSTED_HOSTS": "*.example.com"}, "TRUSTED_HOSTS", "no name"),
    "debug on": ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG", "on"),
    "development": ({"APP_ENV": "development"}, "environment", "production"),
    "proxy forgotten": ({"PROXY_HOPS": "0"}, "PROXY_HOPS", "no proxy"),
    "bodies without end": ({"MAX_CONTENT_LENGTH": str(2**40)}, "MAX_CONTENT_LENGTH", "memory"),
    "limit no limit": ({"RATELIMIT_DEFAULT": "often"}, "RATELIMIT_DEFAULT", "no limit"),
    "limits' storage unknown": ({"RATELIMIT_STORAGE_URI": "shelf://"}, "RATELIMIT_STORAGE_URI", "no storage"),
    "API open to all sites": ({"CORS_ORIGINS": "*"}, "CORS_ORIGINS", "every site"),
    "cache down": ({"REDIS_URL": f"redis://127.0.0.1:{free_port()}"}, "redis", "no answer"),
    "broker down": ({"BROKER_URL": f"redis://127.0.0.1:{free_port()}"}, "broker", "no answer"),
    "mail goes nowhere": ({"MAIL_URL": ""}, "MAIL_URL", "nobody can register"),
    "mail in the clear": ({"MAIL_URL": "smtp://mail.example"}, "MAIL_URL", "in the clear"),
    "mail no URL": ({"MAIL_URL": "mail.example"}, "MAIL_URL", "no address"),
    "second factor missing": ({"TOTP_SECRET": ""}, "TOTP_SECRET", "no second factor"),
    "second factor's key weak": ({"TOTP_SECRET": "change-me-" * 4}, "TOTP_SECRET", "weak"),
    "logs for people": ({"LOG_FORMAT": "console"}, "logs", "not for machines"),
    ".env read": ({"FLASK_SKIP_DOTENV": ""}, "start", ".env"),
}
CODE: dict[str, tuple[str, str, str, str]] = {
    "cookies in the clear": ("COOKIE_SECURE = True", "COOKIE_SECURE = False", "cookies", "in the clear"),
    "cookies for scripts": ("COOKIE_HTTPONLY = True", "COOKIE_HTTPONLY = False", "cookies", "scripts"),
    "cookies for other sites": ('SAMESITE = "Lax"', 'SAMESITE = "None"', "cookies", "other sites"),
    "forms unprotected": ("    DEBUG = False\n", "    WTF_CSRF_ENABLED = False\n", "forms", "other sites"),
}


@pytest.fixture
def sound(
    project: Project, postgres: Postgres, redis_server: RedisServer, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The variables of an installation that is as it should be, while its worker works."""
    url = postgres.create_database("examined")
    project.run(".venv/bin/flask", "db", "upgrade", DATABASE_URL=url)
    away = project.path / "away.env"
    (project.path / ".env").rename(away)
    variables = PRODUCTION | {
        "DATABASE_URL": url,
        "REDIS_URL": redis_server.url,
        "BROKER_URL": redis_server.url,
        "PROXY_HOPS": "1",
        "MAIL_URL": "smtps://ann:pass@mail.example",
        "TOTP_SECRET": KEY[::-1],
    }
    jobs = Jobs(project, tmp_path, **variables)
    try:
        with jobs.running(*WORKER):
            wait_until(lambda: "workers  1" in jobs.run("flask", "jobs", "status", check=False))
            yield variables
    finally:
        away.rename(project.path / ".env")


def doctor(project: Project, variables: dict[str, str], *options: str) -> list[dict[str, Any]]:
    """Give the findings; the exit code must fit them."""
    program = [str(project.path / ".venv/bin/flask"), "doctor", "--json", "--strict", *options]
    said = project.run("sh", "-c", '"$@" 2>&1; echo "exit $?"', "sh", *program, **variables)
    findings, _, code = said.strip().rpartition("\nexit ")
    found: list[dict[str, Any]] = json.loads(findings)
    assert code == ("1" if found else "0")
    assert all(each["remedy"] for each in found)
    return found


def lasting(project: Project, variables: dict[str, str]) -> list[dict[str, Any]]:
    """Give the findings that are no matter of a moment: the worker has a second to answer, Redis less."""
    for _ in range(5):
        found = doctor(project, variables)
        if not any("answer" in each["problem"] for each in found):
            break
    return found


@examined
def test_doctor_has_nothing_to_say_about_a_sound_installation(project: Project, sound: dict[str, str]):
    assert lasting(project, sound) == []


@examined
def test_doctor_finds_every_mistake_in_the_variables(project: Project, sound: dict[str, str]):
    (project.path / ".env").touch(mode=0o600)
    try:
        read = doctor(project, sound | VARIABLES[".env read"][0])
    finally:
        (project.path / ".env").unlink()
    seen = {name: doctor(project, sound | wrong) for name, (wrong, _, _) in VARIABLES.items()}
    for name, findings in (seen | {".env read": read}).items():
        _, subject, word = VARIABLES[name]
        assert any(each["subject"] == subject and word in each["problem"] for each in findings), (
            name,
            findings,
        )
        assert KEY not in json.dumps(findings)


@examined
def test_doctor_speaks_json_behind_the_options_of_flask(project: Project, tmp_path: Path):
    (tmp_path / "env").write_text("APP_ENV=production\n")
    file = ("-e", str(tmp_path / "env"))
    for options, variables in ((("--app", "wsgi.py"), {"APP_ENV": "production"}), (file, {})):
        flask = [str(project.path / ".venv/bin/flask"), *options]
        said = project.run("sh", "-c", '"$@" doctor --json || true', "sh", *flask, SECRET_KEY="", **variables)
        assert "SECRET_KEY" in {each["subject"] for each in json.loads(said)}


@examined
def test_doctor_finds_every_mistake_in_the_code(project: Project, sound: dict[str, str]):
    path = project.path / "app/config.py"
    good = path.read_text()
    try:
        for name, (right, wrong, subject, word) in CODE.items():
            assert good.count(right) == 1, right
            path.write_text(good.replace(right, wrong))
            findings = lasting(project, sound)
            assert [each["subject"] for each in findings] == [subject], (name, findings)
            assert word in findings[0]["problem"]
    finally:
        path.write_text(good)


@examined
def test_doctor_finds_what_has_not_been_done(
    project: Project, sound: dict[str, str], postgres: Postgres, tmp_path: Path
):
    new = sound | {"DATABASE_URL": postgres.create_database("not-migrated")}
    (found,) = lasting(project, new)
    assert found["remedy"] == "flask db upgrade"

    env = project.path / ".env"
    env.touch()
    env.chmod(0o644)
    try:
        problems = {each["problem"] for each in lasting(project, sound)}
    finally:
        env.unlink()
    assert problems == {"other users of this machine can read it", "production reads no file"}

    # What an old package would look like: its metadata before those of the one that is there.
    old = tmp_path / "gunicorn-22.0.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: gunicorn\nVersion: 22.0.0\n")
    (found,) = lasting(project, sound | {"PYTHONPATH": str(tmp_path)})
    assert (found["subject"], found["problem"]) == ("gunicorn", "22.0.0 is vulnerable")

    if os.geteuid():  # root may write everywhere
        project.path.chmod(0o555)
        try:
            assert "instance" in {each["subject"] for each in doctor(project, sound)}
        finally:
            project.path.chmod(0o755)
