"""API tokens."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from .account import User
from .base import Base, utc_now

NAME_LENGTH = 60


class ApiToken(Base):
    """A token by which an API client acts for an account. Only its digest is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(80))
    created: Mapped[datetime] = mapped_column(default=utc_now)
    expires: Mapped[datetime]
    last_used: Mapped[datetime | None]

    user: Mapped[User] = relationship()
