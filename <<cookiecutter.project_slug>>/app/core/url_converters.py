"""What stands for a value in the routes' URLs."""

from typing import Any

from werkzeug.routing import IntegerConverter

from .pagination import MAX_ID


class RowIdConverter(IntegerConverter):
    """A whole number that an INTEGER column can hold; ``<int(max=…):…>`` allows another maximum.

    Others are a 404, before a database has to refuse them.
    """

    regex = "[0-9]+"  # a row has one URL, not another in Arabic digits

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": MAX_ID} | options)
