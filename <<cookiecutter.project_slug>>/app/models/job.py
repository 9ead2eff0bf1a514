"""Jobs: what is to be done in the background, and what has become of it."""

from datetime import datetime
from typing import Any

# <% if cookiecutter.auth %>
from sqlalchemy import JSON, ForeignKey, String, Text
# <% else %>
from sqlalchemy import JSON, String, Text
# <% endif %>
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, utc_now

QUEUED, RUNNING, DONE, FAILED = STATES = ("queued", "running", "done", "failed")
NAME_LENGTH = 120


class Job(Base):
    """A job from the moment somebody wants it until it is purged.

    The row is the truth; a message in the broker says only that a row may be waiting.

    Parameters:
        name: the function that does it.
        arguments: what the function is called with.
        state: one of ``STATES``.
        tries: how often somebody has begun.
        step, steps: how far it is, as the function tells.
        error: what went wrong last.
        request_id: the request that wanted it.
        due: when it may begin; at once without it.
        sent: when a message about it went to the broker; none while that is still to do.
        lease: until when it belongs to whoever has begun it.
        token: who that is: another one who takes over has another.
    """

    __tablename__ = "jobs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default=QUEUED, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    step: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    request_id: Mapped[str] = mapped_column(String(64), default="")
    # <% if cookiecutter.observability == "opentelemetry" %>
    # The span in which it was wanted, https://www.w3.org/TR/trace-context/#traceparent-header.
    traceparent: Mapped[str] = mapped_column(String(55), default="")
    # <% endif %>
    # <% if cookiecutter.auth %>
    # For whom it is done; a job of nobody is the application's own.
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    # <% endif %>
    created: Mapped[datetime] = mapped_column(default=utc_now)
    due: Mapped[datetime | None]
    sent: Mapped[datetime | None]
    started: Mapped[datetime | None]
    lease: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    token: Mapped[str] = mapped_column(String(32), default="")

    def __repr__(self) -> str:
        return f"<Job {self.id} {self.name} {self.state}>"
