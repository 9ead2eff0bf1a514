"""Notes."""

from datetime import datetime

# <% if not cookiecutter.auth %>
from sqlalchemy import String, Text
# <% else %>
from sqlalchemy import ForeignKey, String, Text
# <% endif %>
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, utc_now

TITLE_LENGTH = 120
BODY_LENGTH = 10_000


class Note(Base):
    """A note."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    body: Mapped[str] = mapped_column(Text, default="")
    created: Mapped[datetime] = mapped_column(default=utc_now, index=True)
    # <% if cookiecutter.auth %>
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # <% endif %>

    def __str__(self) -> str:
        return self.title
