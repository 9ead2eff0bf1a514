import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from app import create_app
from app.config import ROOT, BaseConfig, ConfigError, load_config
from app.core.settings import Env
from tests.support.production import REQUIRED, STRONG_KEY


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder for ``.env``, and no variables, which are restored after the test."""
    monkeypatch.setattr("app.config.ROOT", tmp_path)
    with patch.dict(os.environ, clear=True):
        yield tmp_path


def test_development_is_the_default() -> None:
    assert load_config()["DEBUG"] is True


def test_variable_selects_the_environment() -> None:
    os.environ.update(REQUIRED | {"APP_ENV": "production", "TRUSTED_HOSTS": "a.example, b.example"})
    config = load_config()
    assert config["DEBUG"] is False
    assert config["TRUSTED_HOSTS"] == ["a.example", "b.example"]


def test_unknown_environment_is_rejected() -> None:
    os.environ["APP_ENV"] = "staging"
    with pytest.raises(ConfigError, match="development, testing, production"):
        load_config()


def test_development_reads_env_files_and_variables_win(folder: Path) -> None:
    (folder / ".env").write_text("SECRET_KEY=from-file\nDATABASE_URL=sqlite:///file.db\n")
    (folder / ".flaskenv").write_text("PROXY_HOPS=2\n")
    os.environ["DATABASE_URL"] = "sqlite:///variable.db"
    config = load_config()
    assert (config["SECRET_KEY"], config["PROXY_HOPS"]) == ("from-file", 2)
    assert config["SQLALCHEMY_DATABASE_URI"] == "sqlite:///variable.db"


def test_production_reads_no_file(folder: Path) -> None:
    (folder / ".env").write_text(f"SECRET_KEY={STRONG_KEY}\n")
    os.environ.update(REQUIRED | {"SECRET_KEY": ""})
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        load_config("production")


def test_production_refuses_a_file_that_the_flask_command_reads(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").touch()
    monkeypatch.chdir(folder)
    os.environ.update(REQUIRED | {"FLASK_SKIP_DOTENV": ""})
    with pytest.raises(ConfigError, match="FLASK_SKIP_DOTENV=1"):
        load_config("production")


def test_production_names_every_problem_and_no_value() -> None:
    wrong = {"SECRET_KEY": "change-me-in-production", "FLASK_DEBUG": "1", "PROXY_HOPS": "many"}
    os.environ.update(dict.fromkeys(REQUIRED, "") | {"FLASK_SKIP_DOTENV": "1"} | wrong)
    with pytest.raises(ConfigError) as caught:
        create_app("production")
    assert all(f"{name}: " in str(caught.value) for name in (REQUIRED | wrong).keys() - {"FLASK_SKIP_DOTENV"})
    assert "change-me" not in str(caught.value)
    assert "many" not in str(caught.value)


def test_secret_may_be_a_file(folder: Path) -> None:
    (folder / "key").write_text(f"{STRONG_KEY}\n")
    os.environ.update(REQUIRED | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(folder / "key")})
    assert load_config("production")["SECRET_KEY"] == STRONG_KEY


def test_tests_read_only_variables_that_begin_with_test() -> None:
    os.environ.update({"DATABASE_URL": "sqlite:///precious.db", "PROXY_HOPS": "many"})
    assert load_config("testing")["SQLALCHEMY_DATABASE_URI"] == "sqlite:///:memory:"
    os.environ["TEST_DATABASE_URL"] = "sqlite:///test.db"
    assert load_config("testing")["SQLALCHEMY_DATABASE_URI"] == "sqlite:///test.db"


def test_every_variable_is_explained_in_the_example() -> None:
    env = Env(eager=False)
    BaseConfig(env)
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    # Each may be a file instead; the example says so once, at the top.
    assert not [name for name in env.dump() if name.removesuffix("_FILE") not in example]
