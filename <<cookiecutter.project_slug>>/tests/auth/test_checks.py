"""The checks of accounts by ``flask doctor``."""

import pytest

from app import create_app
from app.auth.checks import check_accounts
from app.config import load_config
from tests.support.production import COMPLETE


def subjects(monkeypatch: pytest.MonkeyPatch, **changes: str) -> list[str]:
    for name, value in (COMPLETE | changes).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("FLASK_RUN_FROM_CLI", raising=False)
    # TESTING keeps the logging of the other tests.
    monkeypatch.setattr("app.load_config", lambda name: load_config(name) | {"TESTING": True})
    with create_app("production").app_context():
        return [" ".join([level, text.split()[0].strip(":")]) for level, text in check_accounts()]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"MAIL_URL": ""}, ["warning MAIL_URL"]),
        ({"MAIL_URL": "smtp://mail.example"}, ["warning MAIL_URL"]),
        ({"MAIL_URL": "smtp://ann:pass@mail.example"}, []),
        ({"MAIL_URL": "smtps://mail.example"}, []),
        ({"TOTP_SECRET": ""}, ["warning TOTP_SECRET"]),
    ],
)
def test_missing_setting_is_reported_once(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], found: list[str]
) -> None:
    assert subjects(monkeypatch, **changes) == found
