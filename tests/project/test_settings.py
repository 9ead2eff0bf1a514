"""A project's settings under attack: what variables, their files and `.env` may hold, and that no value is shown."""

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from project import PRODUCTION, Project

configured = pytest.mark.parametrize("project", ["full"], indirect=True)
SECRET = "hunter2"
KEY = PRODUCTION["SECRET_KEY"]
SOUND = PRODUCTION | {"DATABASE_URL": "postgres://shop:hunter2@db/shop?sslmode=require"}
PROGRAM = """
import json, os, sys
from pathlib import Path
from unittest.mock import patch
import app.config as config
from app.core.settings import Env

name, cases = json.load(sys.stdin)
answers = []
for folder, variables in cases:
    config.ROOT = Path(folder)
    with patch.dict(os.environ, variables, clear=True):
        try:
            answers.append({key: repr(value) for key, value in config.load_config(name).items()})
        except config.ConfigError as error:
            answers.append(str(error))
with patch.dict(os.environ, clear=True):
    env = Env(eager=False)
    config.BaseConfig(env)
json.dump([answers, list(env.dump())], sys.stdout)
"""
# A value that makes no sense, and what is said of it.
INVALID = {
    "DATABASE_URL": [
        ("the big one", "Write sqlite"),
        ("sqlite://data.db", "Write sqlite"),
        ("mysql://shop@db/shop", "install the driver"),
    ]
    + [(url, "in memory") for url in ("sqlite://", "sqlite:///", "sqlite:///:memory:")]
    + [("sqlite:///file:shop?mode=memory&uri=true", "in memory")],
    "FLASK_DEBUG": [(value, "Unset it") for value in ("1", "on", "off", " 0 ", "perhaps")],
    "LOG_FORMAT": [("xml", "Must be one of: console, json")],
    "LOG_LEVEL": [("loud", "Not a valid log level")],
    "MAX_CONTENT_LENGTH": [
        ("16 MB", "Not a valid integer"),
        ("0", "greater than or equal to 1"),
        ("", "integer"),
    ],
    "PROXY_HOPS": [("-1", "greater than or equal to 0")],
    "RATELIMIT_DEFAULT": [("sometimes", "600 per minute")],
    "RATELIMIT_STORAGE_URI": [("shelf://", "is installed")],
    "REDIS_URL": [("http://cache", "Write redis://"), ("redis://cache:port", "Write redis://")],
    "SECRET_KEY": [("short", "32 random bytes"), ("change-me-" * 4, "32 random bytes"), (" ", "32 random")],
    "SECRET_KEY_FALLBACKS": [(f"{KEY},secret", "32 random bytes")],
    "SENTRY_DSN": [("nowhere", "Write https")],
    "TRUSTED_HOSTS": [(hosts, "Write .example.com") for hosts in ("*", "*.example.com", "example.com, *")],
}
EMPTY = ("", " ", ",", " , ")
REQUIRED = ("SECRET_KEY", "DATABASE_URL", "TRUSTED_HOSTS", "REDIS_URL", "BROKER_URL")


def load(project: Project, name: str, folder: Path, *cases: dict[str, str]) -> tuple[list[Any], list[str]]:
    """Return for each set of variables the settings or the refusal, and the names that are read."""
    return load_in(project, name, *((folder, case) for case in cases))


def load_in(project: Project, name: str, *cases: tuple[Path, dict[str, str]]) -> tuple[list[Any], list[str]]:
    """Do the same for pairs of a folder, which may have a `.env`, and variables."""
    done = subprocess.run(
        [project.path / ".venv/bin/python", "-c", PROGRAM],
        cwd=project.path,
        input=json.dumps([name, [(str(folder), variables) for folder, variables in cases]]),
        capture_output=True,
        text=True,
        check=True,
    )
    answers, names = json.loads(done.stdout)
    assert len(answers) == len(cases)
    return answers, names


@configured
def test_what_a_platform_sets_is_enough(project: Project, tmp_path: Path):
    # A platform has no .env; the folder in which this runs has one.
    platform = {name: SOUND[name] for name in REQUIRED} | {"PORT": "5000", "FLASK_SKIP_DOTENV": "1"}
    names = ("SECRET_KEY_FALLBACKS", "MAIL_URL", "TOTP_SECRET", "SENTRY_DSN", "RATELIMIT_STORAGE_URI")
    empty = platform | dict.fromkeys(names, "")
    (config, same), _ = load(project, "production", tmp_path, platform, empty)
    assert config["SQLALCHEMY_DATABASE_URI"] == "'postgresql://shop:hunter2@db/shop?sslmode=require'"
    assert config["RATELIMIT_STORAGE_URI"] == config["REDIS_URL"]
    assert same == config


@configured
def test_passwords_are_hashed_in_production_as_owasp_says(project: Project, tmp_path: Path):
    (config,), _ = load(project, "production", tmp_path, SOUND | {"FLASK_SKIP_DOTENV": "1"})
    for setting in ("'argon2__memory_cost': 19456", "'argon2__time_cost': 2", "'argon2__parallelism': 1"):
        assert setting in config["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"]


@configured
def test_production_refuses_an_env_file_that_the_flask_command_would_read(project: Project, tmp_path: Path):
    values = ("", "0", "False", "no", "1", "true")
    cases = [SOUND | {"FLASK_SKIP_DOTENV": value} for value in values]
    *refused, one, true = load(project, "production", tmp_path, *cases)[0]
    assert [str(answer) for answer in refused] == [
        "The flask command reads .env, which is for development. Set FLASK_SKIP_DOTENV=1."
    ] * 4
    assert isinstance(one, dict)
    assert isinstance(true, dict)


@configured
def test_value_that_makes_no_sense_is_named_and_never_shown(project: Project, tmp_path: Path):
    wrong = [(name, *case) for name, cases in INVALID.items() for case in cases]
    wrong += [(name, value, "") for name in REQUIRED for value in EMPTY]
    cases = [SOUND | {name: value} for name, value, _ in wrong]
    refusals, names = load(project, "production", tmp_path, *cases)
    for (name, value, hint), refusal in zip(wrong, refusals, strict=True):
        assert isinstance(refusal, str), (name, value)
        first, line = refusal.split("\n  - ")  # one problem
        assert first == "Cannot start in production:"
        assert line.startswith(f"{name}: "), (name, value, line)
        assert hint in line, (name, value, line)
    missing, _ = load(project, "production", tmp_path, {})
    assert all(f"{name}: " in missing[0] for name in REQUIRED)

    # Every variable at once, and every file.
    texts = {name: f"{SECRET}://{name}@{SECRET}:port" for name in names}
    files = {f"{name}_FILE": f"/{SECRET}/{name}" for name in names if f"{name}_FILE" in names}
    long = dict.fromkeys(files, SECRET * 1000)
    for refusal in load(project, "production", tmp_path, SOUND | texts, texts | files, files, long)[0]:
        assert isinstance(refusal, str)
        assert SECRET not in refusal
        assert refusal.count("\n") > 5


@configured
def test_files_of_secrets(project: Project, tmp_path: Path):
    (tmp_path / "key").write_text(f"{KEY}\r\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    secret = "SECRET_KEY_FILE"
    without = SOUND | {"SECRET_KEY": ""}
    good, both, *bad = load(
        project,
        "production",
        tmp_path,
        without | {secret: str(tmp_path / "key"), "MAIL_URL_FILE": str(tmp_path / "empty")},
        SOUND | {secret: str(tmp_path / "key")},
        *(
            without | {secret: str(tmp_path / name)}
            for name in ("nothing", ".", "bytes", "key/x", "k" * 5000)
        ),
        without | {secret: str(tmp_path / "empty")},
    )[0]
    assert good["SECRET_KEY"] == repr(KEY)
    assert good["MAIL_BACKEND"] == "'dummy'"
    assert (
        both == "Cannot start in production:\n  - SECRET_KEY_FILE: SECRET_KEY is set too. Keep one of them."
    )
    for refusal in bad[:-1]:
        assert refusal.startswith(
            "Cannot start in production:\n  - SECRET_KEY_FILE: The file cannot be read ("
        )
        assert refusal.count("\n") == 1
        assert str(tmp_path) not in refusal
    assert "SECRET_KEY: Use 32 random bytes" in bad[-1]


ENV_FILES = {
    "as it is": b"MAIL_FROM=a@b.example\n",
    "byte order mark": b"\xef\xbb\xbfMAIL_FROM=a@b.example\n",
    "CRLF": b"PROXY_HOPS=1\r\nMAIL_FROM=a@b.example\r\nLOG_LEVEL=DEBUG\r\n",
    "export": b"export MAIL_FROM=a@b.example\n",
    "quotes": b"MAIL_FROM='a@b.example'\n",
    "double quotes": b'MAIL_FROM="a@b.example"\n',
    "comment": b"# MAIL_FROM=other\nMAIL_FROM=a@b.example # the sender\n",
    "reference": b"HOST=b.example\nMAIL_FROM=a@${HOST}\n",
    "no newline": b"MAIL_FROM=a@b.example",
}


@configured
def test_env_file_as_people_write_it(project: Project, tmp_path: Path):
    for form, content in ENV_FILES.items():
        (tmp_path / form).mkdir()
        (tmp_path / form / ".env").write_bytes(content)
    configs, _ = load_in(project, "development", *((tmp_path / form, {}) for form in ENV_FILES))
    senders = {form: config["MAIL_DEFAULT_SENDER"] for form, config in zip(ENV_FILES, configs, strict=True)}
    assert senders == dict.fromkeys(ENV_FILES, "'a@b.example'")


@configured
def test_signs_in_values_of_an_env_file_stay(project: Project, tmp_path: Path):
    (tmp_path / ".env").write_text("SECRET_KEY='a#b$c${d'\nMAIL_FROM=a#b$c@d.example\n")
    (config,), _ = load(project, "development", tmp_path, {})
    assert config["SECRET_KEY"] == repr("a#b$c${d")
    assert config["MAIL_DEFAULT_SENDER"] == repr("a#b$c@d.example")


@configured
def test_env_file_in_another_encoding_is_named(project: Project, tmp_path: Path):
    pairs = list(itertools.product([".env", ".flaskenv"], ["utf-16", "utf-16-le", "latin-1"]))
    folders = [tmp_path / f"{file} {encoding}" for file, encoding in pairs]
    for (file, encoding), folder in zip(pairs, folders, strict=True):
        folder.mkdir()
        (folder / file).write_bytes("SECRET_KEY=hunter2ä\nPROXY_HOPS=1\n".encode(encoding))
    refusals, _ = load_in(project, "development", *((folder, {}) for folder in folders))
    assert refusals == [f"{file} cannot be read. Save it as text in UTF-8." for file, _ in pairs]
    answers, _ = load_in(project, "production", *((folder, SOUND) for folder in folders))
    assert all(isinstance(answer, dict) for answer in answers)
