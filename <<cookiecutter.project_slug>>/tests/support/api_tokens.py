"""Tokens for clients of the API."""

from flask.testing import FlaskClient

from app.auth import tokens

from .accounts import ANN, account


def authorize(client: FlaskClient, email: str = ANN, scopes: tuple[str, ...] = tokens.SCOPES) -> str:
    """Create a token for a client, and return it."""
    with client.application.app_context():
        _, text = tokens.create_token(account(email), "test", scopes, 1)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    return text
