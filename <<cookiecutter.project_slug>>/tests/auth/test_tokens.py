"""Tokens for programs, on their page and by command."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_mailman import EmailMessage

from app.auth import services, tokens
from app.extensions import db
from app.models.base import utc_now
from app.models.token import ApiToken
from tests.support.accounts import ANN, BOB, OTHER, PASSWORD, account, link
from tests.support.visitors import outbox as outbox
from tests.support.visitors import patient as patient


def make(client: FlaskClient, **changes: str) -> str:
    """Make a token on the page and give the page."""
    form = {"name": "Phone", "scopes": "read write", "days": "30"} | changes
    return client.post("/account/tokens", data=form).text


def test_token_is_shown_once_and_only_its_digest_is_kept(app: Flask, client: FlaskClient) -> None:
    page = make(client)
    text = page.partition('class="secret">')[2].partition("<")[0]
    assert text.startswith(tokens.PREFIX)
    assert text not in client.get("/account/tokens").text
    with app.app_context():
        token = tokens.find_token(text)
        assert token is not None
        assert token.digest == tokens.digest(text)
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
    assert 'class="secret"' not in page
    assert 'class="wrong"' in page


def test_token_ends_when_it_expires_is_revoked_or_its_account_is_shut(app: Flask) -> None:
    with app.app_context():
        made = [tokens.make_token(account(BOB), "test", ("read",), 1) for _ in range(3)]
        (first, _), (second, _), _ = made
        assert all(tokens.find_token(text) for _, text in made)
        first.expires = utc_now() - timedelta(seconds=1)
        tokens.revoke_token(account(BOB), second.id)
        assert [bool(tokens.find_token(text)) for _, text in made] == [False, False, True]
        services.deactivate(services.get_user(BOB))
        assert not tokens.find_token(made[2][1])


def test_token_of_somebody_else_is_not_there(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token, _ = tokens.make_token(account(BOB), "Bobs own", ("read",), 1)
        number = token.id
    assert "Bobs own" not in client.get("/account/tokens").text
    assert client.post(f"/account/tokens/{number}/revoke").status_code == 404
    assert client.post("/account/tokens/99999999999/revoke").status_code == 404
    with app.app_context():
        assert db.session.get(ApiToken, number)


def test_token_can_be_revoked_on_the_page(app: Flask, client: FlaskClient) -> None:
    make(client)
    with app.app_context():
        (token,) = tokens.list_tokens(account(ANN))
    response = client.post(f"/account/tokens/{token.id}/revoke", follow_redirects=True)
    assert "The token is revoked." in response.text


def test_owner_is_told_of_a_new_token(client: FlaskClient, outbox: list[EmailMessage]) -> None:
    make(client)
    (message,) = outbox
    assert (message.subject.split(" for ")[0], message.to) == ("A new API token", [ANN])


def test_tokens_end_with_a_password_that_was_lost_and_not_with_one_that_was_changed(
    app: Flask, client: FlaskClient, outbox: list[EmailMessage], patient: None
) -> None:
    with app.app_context():
        account(BOB, PASSWORD)
        made = [tokens.make_token(account(email), "test", ("read",), 1)[1] for email in (ANN, BOB)]

    def good() -> list[bool]:
        with app.app_context():
            return [bool(tokens.find_token(text)) for text in made]

    bob = app.test_client()
    bob.post("/account/login", data={"email": BOB, "password": PASSWORD})
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert bob.post("/account/change", data=form).status_code == 302
    assert good() == [True, True]
    bob.post("/account/reset", data={"email": BOB})
    bob.post(link(outbox[-1]), data={"password": PASSWORD, "password_confirm": PASSWORD})
    assert good() == [True, False]


def test_session_that_was_left_open_makes_no_token(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["fs_paa"] -= 60 * 60
        session.pop("fs_gexp", None)
    for response in (client.get("/account/tokens"), client.post("/account/tokens", data={"name": "Thief"})):
        assert response.status_code == 302
        assert response.location.startswith("/account/verify?next=")


def test_command_makes_a_token_that_ends_with_its_account(app: Flask, runner: FlaskCliRunner) -> None:
    with app.app_context():
        account(BOB)
    output = runner.invoke(args=["users", "token", BOB, "--scope", "read"]).output
    (text,) = (line for line in output.splitlines() if line.startswith(tokens.PREFIX))
    with app.app_context():
        token = tokens.find_token(text)
        assert token is not None
        assert token.scopes == "read"
    runner.invoke(args=["users", "deactivate", BOB])
    with app.app_context():
        assert not tokens.find_token(text)
