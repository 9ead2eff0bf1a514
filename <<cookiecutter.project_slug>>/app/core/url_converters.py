"""Converters of the variable parts of routes."""

from werkzeug.routing import IntegerConverter, Map

from .pagination import MAX_ID


class IdConverter(IntegerConverter):
    """The id of a row, ``<id:note_id>``: a number that no INTEGER column can hold is a 404, not a query."""

    regex = "[0-9]+"  # ASCII digits only

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MAX_ID)
