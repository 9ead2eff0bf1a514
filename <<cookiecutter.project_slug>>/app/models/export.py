"""Exports: what a job has written for somebody to download."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base


class Export(Base):
    """The result of a job; there is one for each, whatever happens."""

    __tablename__ = "exports"

    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    content: Mapped[str] = mapped_column(Text)
