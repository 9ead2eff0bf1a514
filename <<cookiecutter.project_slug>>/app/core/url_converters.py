"""Converters of the variable parts of routes."""

from typing import Any

from werkzeug.routing import IntegerConverter

from .pagination import MAX_ID


class RowIdConverter(IntegerConverter):
    """A whole number that an INTEGER column can hold; ``<int(max=…):…>`` allows another maximum.

    Other values are a 404 before they reach the database.
    """

    regex = "[0-9]+"  # ASCII digits only

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": MAX_ID} | options)
