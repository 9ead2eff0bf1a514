"""Programs that use the API for an account."""

from flask.testing import FlaskClient

from app.auth import tokens

from .accounts import ANN, account


def authorize(client: FlaskClient, email: str = ANN, scopes: tuple[str, ...] = tokens.SCOPES) -> str:
    """Give a client a token, and return it."""
    with client.application.app_context():
        _, text = tokens.make_token(account(email), "test", scopes, 1)
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    return text
