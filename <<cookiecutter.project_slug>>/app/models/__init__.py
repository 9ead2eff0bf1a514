"""The data model: what the blueprints share, knowing nothing of requests."""

from .base import Base as Base
from .note import Note as Note
