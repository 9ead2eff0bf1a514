"""The data model: what the blueprints share, knowing nothing of requests."""

from .base import Base
from .note import Note

__all__ = ["Base", "Note"]
