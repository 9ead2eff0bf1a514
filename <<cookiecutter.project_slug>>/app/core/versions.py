"""Which releases of the packages here are too old to be safe."""

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from .findings import Finding, error

# The first releases without a published vulnerability that concerns an application like this one.
FLOORS = {
    "flask": "3.1.3",  # CVE-2026-27205
    # <% if cookiecutter.api != "none" %>
    "flask-cors": "6.0.0",  # CVE-2024-6839
    # <% endif %>
    # <% if cookiecutter.auth %>
    "flask-security": "5.3.3",  # CVE-2023-49438
    # <% endif %>
    # <% if cookiecutter.wsgi_server == "gunicorn" %>
    "gunicorn": "23.0.0",  # CVE-2024-6827
    # <% endif %>
    "jinja2": "3.1.6",  # CVE-2025-27516
    # <% if cookiecutter.api != "none" %>
    "marshmallow": "4.1.2",  # CVE-2025-68480
    # <% endif %>
    "orjson": "3.11.6",  # CVE-2025-67221
    # <% if cookiecutter.wsgi_server == "waitress" %>
    "waitress": "3.0.1",  # CVE-2024-49768
    # <% endif %>
    "werkzeug": "3.0.6",  # CVE-2024-49767
}


def check_versions() -> Iterator[Finding]:
    """Look for packages with known vulnerabilities."""
    for name, floor in FLOORS.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if release(found) < release(floor):
            yield error(name, f"{found} is vulnerable", f"require {name}>={floor}, then make lock")


def release(text: str) -> tuple[int, ...]:
    """Give the first three numbers of a version; one that is not written is 0."""
    numbers = [int(part) for part in text.split(".") if part.isdigit()]
    return tuple([*numbers, 0, 0, 0][:3])
