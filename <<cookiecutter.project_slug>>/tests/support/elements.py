"""Reads a page the way a test asks about it."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

ADDRESSES = ("src", "srcset", "href", "action", "formaction", "data-path")


class Elements(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.found if (value := attributes.get(name))]

    def elsewhere(self) -> list[str]:
        """Give the addresses of other hosts; what is only text may name them."""
        addresses = [value for name in ADDRESSES for value in self.attributes(name)]
        return [address for address in addresses if urlsplit(address).netloc]
