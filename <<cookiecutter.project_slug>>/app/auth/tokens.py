"""Operations on API tokens, shared by the page, the command and the API."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from werkzeug.exceptions import NotFound

from app.extensions import db
from app.models.account import User
from app.models.base import utc_now
from app.models.token import ApiToken

SCOPES = ("read", "write")
PREFIX = "api_"  # by which secret scanners recognize a token
LAST_USED_PRECISION = timedelta(minutes=1)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def create_token(user_id: int, name: str, scopes: Sequence[str], days: int) -> tuple[ApiToken, str]:
    """Create an API token.

    Parameters:
        user_id: the account.
        name: the name that its owner has chosen.
        scopes: those of ``SCOPES`` that it grants.
        days: how long it is valid.

    Returns:
        Its row, and the token itself, which is not stored.
    """
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user_id,
        name=name,
        digest=digest(text),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        expires=utc_now() + timedelta(days=days),
    )
    db.session.add(token)
    db.session.commit()
    log.info("token created", user_id=user_id, token_id=token.id)
    return token, text


def digest(text: str) -> str:
    """Return the digest that is stored; tokens are random, so a fast hash is safe."""
    return hashlib.sha256(text.encode()).hexdigest()


def find_token(text: str) -> ApiToken | None:
    """Return the row of a valid token, or None, and record its use."""
    now = utc_now()
    token = db.session.scalar(
        select(ApiToken)
        .join(User)
        .where(ApiToken.digest == digest(text), ApiToken.expires > now, User.active)
    )
    if token and (token.last_used is None or now - token.last_used > LAST_USED_PRECISION):
        token.last_used = now
        db.session.commit()
    return token


def list_tokens(user_id: int) -> Sequence[ApiToken]:
    """Return the tokens of an account, newest first."""
    statement = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    return db.session.scalars(statement).all()


def revoke_token(user_id: int, token_id: int) -> None:
    """Revoke a token of an account.

    Raises:
        werkzeug.exceptions.NotFound: the account has no such token.
    """
    statement = delete(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id)
    if not db.session.execute(statement).rowcount:  # type: ignore[attr-defined]
        raise NotFound("This token does not exist.")
    db.session.commit()
    log.info("token revoked", user_id=user_id, token_id=token_id)


def revoke_all(user_id: int) -> None:
    """Revoke all tokens of an account."""
    db.session.execute(delete(ApiToken).where(ApiToken.user_id == user_id))
    db.session.commit()
    log.info("tokens revoked", user_id=user_id)
