"""User accounts and their roles."""

from datetime import datetime, timedelta

from flask_security import AsaList, RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from .base import Base, utc_now
from .passkey import Passkey

EMAIL_LENGTH = 254  # RFC 5321, with the brackets left out
# After so many failed attempts in a row an account accepts no password and no code for a while.
MAX_FAILURES = 10
LOCK_DURATION = timedelta(minutes=15)

roles_of_users = Table(
    "roles_of_users",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Base, RoleMixin):
    """A role that accounts can have: ``admin``."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None] = mapped_column(String(255))


class User(Base, UserMixin):
    """An account. Flask-Security requires these names of columns."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    # The id in sessions and remember cookies; a new one ends them all.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(default=utc_now)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    tf_last_counter: Mapped[int | None]  # of the last code that was accepted
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(AsaList()))

    # A random id by which passkeys know the account.
    fs_webauthn_user_handle: Mapped[str] = mapped_column(String(64), unique=True)

    # Each change checks and counts it: of two requests with one recovery code or link, the later one fails.
    # https://docs.sqlalchemy.org/en/latest/orm/versioning.html
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {**Base.__mapper_args__, "version_id_col": version}  # noqa: RUF012

    webauthn: Mapped[list[Passkey]] = relationship(cascade="all, delete-orphan")  # type: ignore[assignment]
    roles: Mapped[list[Role]] = relationship(secondary=roles_of_users)  # type: ignore[assignment]

    @validates("email")
    def normalize_email(self, _name: str, email: str) -> str:
        """Return the address as it is stored: unique whatever its capitals."""
        return email.lower()

    @property
    def locked(self) -> bool:
        """Whether guessing is stopped; Flask-Security's ``is_locked`` would stop passkeys and links too."""
        return self.locked_until is not None and self.locked_until > utc_now()

    def verify_and_update_password(self, password: str) -> bool:
        """Return whether a password is right and the account not locked."""
        return super().verify_and_update_password(password) and not self.locked
