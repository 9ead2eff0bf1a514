"""Exports: state, progress and, in the end, the content."""

from datetime import datetime
from uuid import uuid4

# <% if cookiecutter.auth %>
from sqlalchemy import ForeignKey, String, Text
# <% else %>
from sqlalchemy import String, Text
# <% endif %>
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, utc_now

QUEUED, RUNNING, DONE, FAILED = STATES = ("queued", "running", "done", "failed")
UNFINISHED = (QUEUED, RUNNING)


class Export(Base):
    """An export from the request that starts it until it is deleted.

    Parameters:
        task_id: the Celery task that writes it; sending it again uses the same id.
        attempts: how often a worker has started to write it.
        done, total: how many rows are written, and how many there are.
        last_seen: when it was last sent or worked on; None while the broker has not accepted it.
        unfinished_for: its owner while it is unfinished, so that an owner has one at a time.
    """

    __tablename__ = "note_exports"  # its first name: another one takes a migration of its constraints

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid4()))
    state: Mapped[str] = mapped_column(String(10), default=QUEUED, index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    content: Mapped[str | None] = mapped_column(Text, deferred=True)
    created: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen: Mapped[datetime | None]
    unfinished_for: Mapped[int | None] = mapped_column(unique=True)
    # <% if cookiecutter.auth %>
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # <% endif %>

    @property
    def unfinished(self) -> bool:
        """Whether it is still to be written."""
        return self.state in UNFINISHED
