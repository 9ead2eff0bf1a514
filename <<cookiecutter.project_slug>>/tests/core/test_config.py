import os
from pathlib import Path

import pytest

from app import create_app
from app.config import ConfigError, load_config
from tests.support.production import REQUIRED, STRONG_KEY

PRODUCTION = REQUIRED | {"TRUSTED_HOSTS": "example.com, www.example.com"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start each test from no variable and no file."""
    for name in os.environ:
        monkeypatch.delenv(name)
    monkeypatch.setattr("app.config.ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)


def set_production(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in (PRODUCTION | changes).items():
        if value is not None:
            monkeypatch.setenv(name, value)


def test_development_is_the_default() -> None:
    assert load_config()["DEBUG"] is True


def test_argument_goes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "production")
    assert load_config("testing")["TESTING"] is True


def test_variable_chooses_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_production(monkeypatch, APP_ENV="production")
    config = load_config()
    assert config["DEBUG"] is False
    assert config["TRUSTED_HOSTS"] == ["example.com", "www.example.com"]


def test_unknown_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENV", "staging")
    with pytest.raises(ConfigError, match="development, testing, production"):
        load_config()


def test_development_reads_both_files_below_the_real_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=from-file\nDATABASE_URL=sqlite:///file.db\nEMPTY\n")
    (tmp_path / ".flaskenv").write_text("LOG_LEVEL=debug\n")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///real.db")
    config = load_config()
    assert config["SECRET_KEY"] == "from-file"
    assert config["SQLALCHEMY_DATABASE_URI"] == "sqlite:///real.db"
    assert config["LOG_LEVEL"] == "DEBUG"


def test_production_reads_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SECRET_KEY={STRONG_KEY}\n")
    set_production(monkeypatch, SECRET_KEY=None)
    with pytest.raises(ConfigError, match="SECRET_KEY is missing"):
        load_config("production")


def test_production_names_all_that_is_missing_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "change-me-in-production")
    monkeypatch.setenv("FLASK_DEBUG", "1")
    with pytest.raises(ConfigError) as caught:
        create_app("production")
    message = str(caught.value)
    assert all(name in message for name in (*REQUIRED, "FLASK_DEBUG"))
    assert "change-me-in-production" not in message


@pytest.mark.parametrize("url", ["the big one", "postgres://shop@localhost/shop"])
def test_production_refuses_a_url_that_is_none(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    set_production(monkeypatch, DATABASE_URL=url)
    with pytest.raises(ConfigError, match="DATABASE_URL is not a database URL"):
        load_config("production")


def test_driver_that_is_not_installed_is_another_matter_than_a_url_that_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_production(monkeypatch, DATABASE_URL="mysql+pymysql://shop:secret@localhost/shop")
    with pytest.raises(ConfigError, match="driver that is not installed") as caught:
        load_config("production")
    assert "not a database URL" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:shop?mode=memory&uri=true"],
)
def test_production_refuses_a_database_that_forgets(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    set_production(monkeypatch, DATABASE_URL=url)
    with pytest.raises(ConfigError, match="DATABASE_URL is a database in memory"):
        load_config("production")


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("nothing", ["", " ", ",", " , "])
def test_blanks_and_commas_are_no_value(monkeypatch: pytest.MonkeyPatch, name: str, nothing: str) -> None:
    set_production(monkeypatch, **{name: nothing})
    with pytest.raises(ConfigError, match=f"{name} is missing"):
        load_config("production")


@pytest.mark.parametrize("hosts", ["*", "*.example.com", "example.com, *", "."])
def test_pattern_among_the_hosts_is_refused(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    set_production(monkeypatch, TRUSTED_HOSTS=hosts)
    with pytest.raises(ConfigError, match=r"write \.example\.com"):
        load_config("production")


@pytest.mark.parametrize("value", ["1", "on", "off", " 0 "])
def test_production_refuses_what_flask_or_we_take_for_debugging(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """Flask knows ``0``, ``false`` and ``no``; anything else is on for it."""
    set_production(monkeypatch, FLASK_DEBUG=value)
    with pytest.raises(ConfigError, match="FLASK_DEBUG is on"):
        load_config("production")


def test_production_refuses_a_file_that_the_flask_command_has_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".flaskenv").write_text("FLASK_DEBUG=1\n")
    set_production(monkeypatch, FLASK_RUN_FROM_CLI="true")
    with pytest.raises(ConfigError, match="FLASK_SKIP_DOTENV=1"):
        load_config("production")
    monkeypatch.setenv("FLASK_SKIP_DOTENV", "1")
    assert load_config("production")


def test_value_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{STRONG_KEY}\n")
    set_production(monkeypatch, SECRET_KEY=None, SECRET_KEY_FILE=str(tmp_path / "key"))
    assert load_config("production")["SECRET_KEY"] == STRONG_KEY


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY_FILE", "/nowhere", "SECRET_KEY_FILE cannot be read"),
        ("MAX_CONTENT_LENGTH", "16 MB", "MAX_CONTENT_LENGTH must be a whole number"),
        ("MAX_CONTENT_LENGTH", "0", "MAX_CONTENT_LENGTH must be at least 1"),
        ("MAX_JSON_LENGTH", "0", "MAX_JSON_LENGTH must be at least 1"),
        ("FLASK_DEBUG", "perhaps", "FLASK_DEBUG must be true or false"),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT must be one of"),
        ("RATELIMIT_DEFAULT", "sometimes", "RATELIMIT_DEFAULT is no limit"),
        ("RATELIMIT_STORAGE_URI", "shelf://", "RATELIMIT_STORAGE_URI is no storage that is installed"),
    ],
)
def test_value_that_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    set_production(monkeypatch, **{name: value})
    with pytest.raises(ConfigError, match=complaint):
        load_config("production")


def test_variable_and_file_together_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(STRONG_KEY)
    set_production(monkeypatch, SECRET_KEY_FILE=str(tmp_path / "key"))
    with pytest.raises(ConfigError, match="both set"):
        load_config("production")


def test_tests_take_nothing_from_the_developers_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///precious.db")
    assert load_config("testing")["SQLALCHEMY_DATABASE_URI"] == "sqlite:///:memory:"
