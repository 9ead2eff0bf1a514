"""JSON by orjson, for responses and for request bodies."""

from decimal import Decimal
from typing import Any

import orjson
from flask.json.provider import DefaultJSONProvider, JSONProvider


class OrjsonProvider(JSONProvider):
    """Writes dates, enums and UUIDs as orjson does; reads only RFC 8259: no NaN, no lone surrogates."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return ``obj`` as JSON; ``kwargs`` are ignored."""
        return orjson.dumps(obj, default=encode, option=orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return the value of a JSON text.

        Raises:
            ValueError: it is not JSON.
        """
        return orjson.loads(s)


def encode(value: Any) -> Any:
    """Encode what orjson does not know: a ``Decimal`` as the number it is, the rest as Flask does."""
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value)) if value.is_finite() else None
    return DefaultJSONProvider.default(value)
