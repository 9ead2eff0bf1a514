"""API tokens, on their page and by command."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_mailman import EmailMessage

from app.auth import services, tokens
from app.extensions import db
from app.models.base import utc_now
from app.models.token import ApiToken
from tests.support.account_fixtures import no_rate_limits as no_rate_limits
from tests.support.account_fixtures import outbox as outbox
from tests.support.accounts import ANN, BOB, OTHER, PASSWORD, account, link


def create(client: FlaskClient, **changes: str) -> str:
    """Create a token by the form, and return the page."""
    form = {"name": "Phone", "scopes": "read write", "days": "30"} | changes
    return client.post("/account/tokens", data=form, follow_redirects=True).text


def test_token_is_shown_once_and_only_its_digest_is_kept(app: Flask, client: FlaskClient) -> None:
    page = create(client)
    text = page.partition('class="secret">')[2].partition("<")[0]
    assert text.startswith(tokens.PREFIX)
    assert text not in client.get("/account/tokens").text
    with app.app_context():
        token = tokens.find_token(text)
        assert token is not None
        assert token.digest == tokens.digest(text)
        assert token.scopes == "read write"
        assert token.last_used is not None


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
def test_invalid_token_form_is_rejected(client: FlaskClient, changes: dict[str, str]) -> None:
    page = create(client, **changes)
    assert 'class="secret"' not in page
    assert 'class="wrong"' in page


def test_token_is_invalid_once_expired_revoked_or_its_account_is_deactivated(app: Flask) -> None:
    with app.app_context():
        created = [tokens.create_token(account(BOB), "test", ("read",), 1) for _ in range(3)]
        (first, _), (second, _), _ = created
        assert all(tokens.find_token(text) for _, text in created)
        first.expires = utc_now() - timedelta(seconds=1)
        tokens.revoke_token(account(BOB), second.id)
        assert [bool(tokens.find_token(text)) for _, text in created] == [False, False, True]
        services.deactivate(services.get_user(BOB))
        assert not tokens.find_token(created[2][1])


def test_token_of_another_account_does_not_exist(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token, _ = tokens.create_token(account(BOB), "Bobs own", ("read",), 1)
        number = token.id
    assert "Bobs own" not in client.get("/account/tokens").text
    assert client.post(f"/account/tokens/{number}/revoke").status_code == 404
    assert client.post("/account/tokens/99999999999/revoke").status_code == 404
    with app.app_context():
        assert db.session.get(ApiToken, number)


def test_token_can_be_revoked_on_the_page(app: Flask, client: FlaskClient) -> None:
    create(client)
    with app.app_context():
        (token,) = tokens.list_tokens(account(ANN))
    response = client.post(f"/account/tokens/{token.id}/revoke", follow_redirects=True)
    assert "The token was revoked." in response.text


def test_owner_is_notified_of_a_new_token(client: FlaskClient, outbox: list[EmailMessage]) -> None:
    create(client)
    (message,) = outbox
    assert (message.subject.split(" for ")[0], message.to) == ("New API token", [ANN])


def test_password_reset_revokes_tokens_and_password_change_does_not(
    app: Flask, client: FlaskClient, outbox: list[EmailMessage], no_rate_limits: None
) -> None:
    with app.app_context():
        account(BOB, PASSWORD)
        created = [tokens.create_token(account(email), "test", ("read",), 1)[1] for email in (ANN, BOB)]

    def valid() -> list[bool]:
        with app.app_context():
            return [bool(tokens.find_token(text)) for text in created]

    bob = app.test_client()
    bob.post("/account/login", data={"email": BOB, "password": PASSWORD})
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert bob.post("/account/change", data=form).status_code == 302
    assert valid() == [True, True]
    bob.post("/account/reset", data={"email": BOB})
    bob.post(link(outbox[-1]), data={"password": PASSWORD, "password_confirm": PASSWORD})
    assert valid() == [True, False]


def test_stale_session_cannot_create_a_token(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["fs_paa"] -= 60 * 60
        session.pop("fs_gexp", None)
    for response in (client.get("/account/tokens"), client.post("/account/tokens", data={"name": "Stolen"})):
        assert response.status_code == 302
        assert response.location.startswith("/account/verify?next=")


def test_command_creates_a_token_that_ends_with_its_account(app: Flask, runner: FlaskCliRunner) -> None:
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
