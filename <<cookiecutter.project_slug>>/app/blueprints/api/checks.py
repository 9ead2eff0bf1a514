"""Checks of ``flask doctor`` for the API."""

from collections.abc import Iterator

from flask import current_app

from app.core.findings import Finding, error


def check_api() -> Iterator[Finding]:
    """Check which origins may read it."""
    if "*" in current_app.config["CORS_ORIGINS"]:
        yield error("CORS_ORIGINS", "every site may read the API", "name the origins that may")
