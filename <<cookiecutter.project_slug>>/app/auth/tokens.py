"""What can be done with tokens, whoever asks: a page, a command or the API."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, select
from werkzeug.exceptions import NotFound

from app.extensions import db
from app.models.account import User
from app.models.base import LARGEST_ID, utc_now
from app.models.token import ApiToken

SCOPES = ("read", "write")
PREFIX = "api_"  # by which scanners for secrets know a token
USED_EVERY = timedelta(minutes=1)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()


def make_token(user_id: int, name: str, scopes: Sequence[str], days: int) -> tuple[ApiToken, str]:
    """Make a token for an account's programs.

    Parameters:
        user_id: the account.
        name: what its owner knows it by.
        scopes: what it may do, of ``SCOPES``.
        days: how long it is good.

    Returns:
        What is stored, and the token itself, which nobody can show again.
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
    log.info("token made", user_id=user_id, token_id=token.id)
    return token, text


def digest(text: str) -> str:
    """Give what is stored of a token: it is random, so a fast hash cannot be tried backwards."""
    return hashlib.sha256(text.encode()).hexdigest()


def find_token(text: str) -> ApiToken | None:
    """Give a token that is good now, and remember that it was used."""
    now = utc_now()
    token = db.session.scalar(
        select(ApiToken)
        .join(User)
        .where(ApiToken.digest == digest(text), ApiToken.expires > now, User.active)
    )
    if token and (token.last_used is None or now - token.last_used > USED_EVERY):
        token.last_used = now
        db.session.commit()
    return token


def list_tokens(user_id: int) -> Sequence[ApiToken]:
    """Give the tokens of an account, the newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    return db.session.scalars(query).all()


def revoke_token(user_id: int, token_id: int) -> None:
    """Take a token of an account back.

    Raises:
        werkzeug.exceptions.NotFound: the account has no such token.
    """
    query = delete(ApiToken).where(ApiToken.id == min(token_id, LARGEST_ID + 1), ApiToken.user_id == user_id)
    if token_id > LARGEST_ID or not db.session.execute(query).rowcount:  # type: ignore[attr-defined]
        raise NotFound("There is no such token.")
    db.session.commit()
    log.info("token revoked", user_id=user_id, token_id=token_id)


def revoke_all(user_id: int) -> None:
    """Take all tokens of an account back."""
    db.session.execute(delete(ApiToken).where(ApiToken.user_id == user_id))
    db.session.commit()
    log.info("tokens revoked", user_id=user_id)
