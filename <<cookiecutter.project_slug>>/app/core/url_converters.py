"""What stands for a value in the routes' URLs."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter

from .pagination import MAX_ID


def init_url_converters(app: Flask) -> None:
    """Return 404 for ``<int:…>`` beyond any row's id, before a database has to refuse it."""
    app.url_map.converters["int"] = RowIdConverter


class RowIdConverter(IntegerConverter):
    """A whole number that an INTEGER column can hold; ``<int(max=…):…>`` allows another maximum."""

    regex = "[0-9]+"  # a row has one URL, not another in Arabic digits

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": MAX_ID} | options)
