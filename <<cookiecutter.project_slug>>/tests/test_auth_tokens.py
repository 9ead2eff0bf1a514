"""Tokens for programs, roles and the commands."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from app.auth import services
from app.extensions import db
from app.models.account import ApiToken
from app.models.base import utc_now

from .accounts import ANN, BOB, PASSWORD, account, enter


def make(client: FlaskClient, **changes: str) -> str:
    """Make a token on the page and give the page."""
    form = {"name": "Phone", "scopes": "read write", "days": "30"} | changes
    return client.post("/account/tokens", data=form).text


def test_token_is_shown_once_and_only_its_digest_is_kept(app: Flask, client: FlaskClient) -> None:
    page = make(client)
    text = page.partition('class="secret">')[2].partition("<")[0]
    assert text.startswith(services.PREFIX)
    assert text not in client.get("/account/tokens").text
    with app.app_context():
        token = services.find_token(text)
        assert token is not None
        assert token.digest == services.digest(text)
        assert token.scopes == "read write"
        assert token.last_used is not None
        assert repr(token) == f"<ApiToken {token.id} 'Phone'>"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "x" * 61},
        {"name": "a\x00"},
        {"scopes": "admin"},
        {"days": "0"},
        {"days": "many"},
    ],
)
def test_token_that_makes_no_sense_is_refused(client: FlaskClient, changes: dict[str, str]) -> None:
    page = make(client, **changes)
    assert "secret" not in page
    assert "wrong" in page


def test_token_ends_when_it_expires_is_revoked_or_its_account_is_shut(app: Flask) -> None:
    with app.app_context():
        made = [services.make_token(account(BOB), "test", ("read",), 1) for _ in range(3)]
        (first, _), (second, _), _ = made
        assert all(services.find_token(text) for _, text in made)
        first.expires = utc_now() - timedelta(seconds=1)
        services.revoke_token(account(BOB), second.id)
        assert [bool(services.find_token(text)) for _, text in made] == [False, False, True]
        services.deactivate(services.get_user(BOB))
        assert not services.find_token(made[2][1])


def test_token_of_somebody_else_is_not_there(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token, _ = services.make_token(account(BOB), "Bobs own", ("read",), 1)
        number = token.id
    assert "Bobs own" not in client.get("/account/tokens").text
    assert client.post(f"/account/tokens/{number}/revoke").status_code == 404
    assert client.post("/account/tokens/99999999999/revoke").status_code == 404
    with app.app_context():
        assert db.session.get(ApiToken, number)


def test_token_can_be_revoked_on_the_page(app: Flask, client: FlaskClient) -> None:
    make(client)
    with app.app_context():
        (token,) = services.list_tokens(account(ANN))
    response = client.post(f"/account/tokens/{token.id}/revoke", follow_redirects=True)
    assert "The token is revoked." in response.text


def test_only_an_admin_sees_all_accounts_and_shuts_one(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        bob = account(BOB)
    assert client.get("/account/users").status_code == 403
    assert client.post(f"/account/users/{bob}/deactivate").status_code == 403
    with app.app_context():
        services.promote(services.get_user(ANN), "admin")
        own = account(ANN)
    assert BOB in client.get("/account/users").text
    assert "All accounts" in client.get("/account/").text
    assert client.post(f"/account/users/{own}/deactivate").status_code == 404
    assert client.post("/account/users/99999999999/deactivate").status_code == 404
    assert client.post(f"/account/users/{bob}/deactivate").status_code == 303
    with app.app_context():
        assert not services.get_user(BOB).active
    visitor = app.test_client()
    assert visitor.get("/account/users").status_code == 401


def test_role_that_was_taken_away_counts_at_once(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        services.promote(services.get_user(ANN), "admin")
    assert client.get("/account/users").status_code == 200
    with app.app_context():
        ann = services.get_user(ANN)
        ann.roles.clear()
        db.session.commit()
    assert client.get("/account/users").status_code == 403


def test_commands_make_promote_and_shut_an_account(app: Flask, runner: FlaskCliRunner) -> None:
    assert "can log in" in runner.invoke(args=["users", "create", BOB, "--password", PASSWORD]).output
    assert "is admin" in runner.invoke(args=["users", "promote", BOB]).output
    output = runner.invoke(args=["users", "token", BOB, "--scope", "read"]).output
    (text,) = (line for line in output.splitlines() if line.startswith(services.PREFIX))
    with app.app_context():
        token = services.find_token(text)
        assert token is not None
        assert token.scopes == "read"
    assert "is deactivated" in runner.invoke(args=["users", "deactivate", BOB]).output
    with app.app_context():
        assert services.roles_of(services.get_user(BOB)) == ["admin"]
        assert not services.find_token(text)


@pytest.mark.parametrize(
    "args",
    [
        ["create", BOB, "--password", "password1234"],
        ["create", "no address", "--password", PASSWORD],
        ["create", ANN, "--password", PASSWORD],
        ["promote", "nobody@example.com"],
    ],
)
def test_command_that_cannot_says_why(app: Flask, runner: FlaskCliRunner, args: list[str]) -> None:
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
