"""An OpenAPI document, arranged the way its page shows it."""

from .page import ApiPage

__all__ = ["ApiPage"]
