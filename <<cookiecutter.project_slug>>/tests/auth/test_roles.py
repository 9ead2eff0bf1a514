"""Roles, the list of accounts, and the commands."""

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.auth import services
from app.extensions import db
from app.models.account import MAX_FAILURES
from tests.support.accounts import ANN, BOB, PASSWORD, account, enter


def test_only_an_admin_lists_and_deactivates_accounts(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        bob = account(BOB)
    assert client.get("/account/users").status_code == 403
    assert client.post(f"/account/users/{bob}/deactivate").status_code == 403
    with app.app_context():
        services.promote(services.get_user(ANN), "admin")
        own = account(ANN)
    assert BOB in client.get("/account/users").text
    assert "All users" in client.get("/account/").text
    assert client.post(f"/account/users/{own}/deactivate").status_code == 404
    assert client.post("/account/users/99999999999/deactivate").status_code == 404
    assert client.post(f"/account/users/{bob}/deactivate").status_code == 303
    with app.app_context():
        assert not services.get_user(BOB).active
    assert BOB in client.get("/account/users?search=BOB").text
    assert BOB not in client.get("/account/users?search=nobody").text
    assert client.post(f"/account/users/{bob}/activate").status_code == 303
    with app.app_context():
        assert services.get_user(BOB).active
    anonymous = app.test_client()
    assert anonymous.get("/account/users").status_code == 401


def test_removed_role_takes_effect_at_once(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        services.promote(services.get_user(ANN), "admin")
    assert client.get("/account/users").status_code == 200
    with app.app_context():
        ann = services.get_user(ANN)
        ann.roles.clear()
        db.session.commit()
    assert client.get("/account/users").status_code == 403


def test_commands_create_promote_unlock_and_deactivate_an_account(app: Flask, runner: FlaskCliRunner) -> None:
    assert "can sign in" in runner.invoke(args=["users", "create", BOB, "--password", PASSWORD]).output
    assert "has the role admin" in runner.invoke(args=["users", "promote", BOB]).output
    with app.app_context():
        for _ in range(MAX_FAILURES):
            services.count_failure(services.get_user(BOB))
        assert services.get_user(BOB).locked
    assert "is not locked" in runner.invoke(args=["users", "unlock", BOB]).output
    with app.app_context():
        assert not services.get_user(BOB).locked
    assert "was deactivated" in runner.invoke(args=["users", "deactivate", BOB]).output
    with app.app_context():
        user = services.get_user(BOB)
        assert services.roles_of(user) == ["admin"]
        assert not user.active
    assert "was activated" in runner.invoke(args=["users", "activate", BOB]).output


@pytest.mark.parametrize(
    "args",
    [
        ["create", BOB, "--password", "password1234"],
        ["create", "no address", "--password", PASSWORD],
        ["create", ANN, "--password", PASSWORD],
        ["promote", "nobody@example.com"],
    ],
)
def test_command_reports_errors_without_a_traceback(
    app: Flask, runner: FlaskCliRunner, args: list[str]
) -> None:
    with app.app_context():
        account(ANN)
    result = runner.invoke(args=["users", *args])
    assert result.exit_code == 1
    assert "Error: " in result.output
    assert "Traceback" not in result.output


def test_session_ends_with_its_account(app: Flask, client: FlaskClient) -> None:
    enter(client, BOB)
    assert client.get("/account/").status_code == 200
    with app.app_context():
        services.end_sessions(services.get_user(BOB))
    assert client.get("/account/").status_code == 302
