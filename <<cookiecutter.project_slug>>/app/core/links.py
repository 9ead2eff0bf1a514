"""Addresses in templates: built once, and not for every page again."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, request

from .static_files import add_version

# What stands for itself: anything else may be built into another address tomorrow, or has no hash.
PLAIN = {str, int}
# What an address depends on beside its parts: method, scheme, host and where the application is mounted.
Place = tuple[str, str, str, str]


def init_links(app: Flask) -> None:
    """Let the ``url_for`` of templates remember what it gave.

    In development Flask's own is used, since static files change there.
    """
    if app.debug:
        return

    @lru_cache(maxsize=4096, typed=True)
    def build(_place: Place, endpoint: str, **values: Any) -> str:
        return app.url_for(endpoint, **values)

    def remembering_url_for() -> dict[str, Callable[..., str]]:
        """Give the templates of this request their ``url_for``."""
        if app.url_default_functions != {None: [add_version]}:  # others may depend on the request
            return {}
        place = (request.method, request.scheme, request.host, request.root_path)

        def url_for(endpoint: str, **values: Any) -> str:
            plain = endpoint[0] != "." and all(type(value) in PLAIN for value in values.values())
            return build(place, endpoint, **values) if plain else app.url_for(endpoint, **values)

        return {"url_for": url_for}

    app.context_processor(remembering_url_for)
