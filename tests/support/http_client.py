"""A person at a browser, or an attacker with the same means: cookies, forms and a network address of his own."""

import http.client
import itertools
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

from project import Answer

PASSWORD = "correct horse battery staple"
ADDRESSES = (f"198.51.{high}.{low}" for high, low in itertools.product(range(100), range(1, 255)))


class Visitor:
    """Somebody.

    Parameters:
        url: the server, which takes the address from X-Forwarded-For as it does from its proxy.
        email: the account.
    """

    def __init__(self, url: str, email: str = "") -> None:
        self.host = urlsplit(url).netloc
        self.email = email
        self.address = next(ADDRESSES)
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request; cookies are kept and sent as if the line were encrypted."""
        sent = {"Accept": "text/html", "X-Forwarded-For": self.address, "X-Forwarded-Proto": "https"}
        if self.cookies:
            sent["Cookie"] = self.cookie
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, dict):
            body = urlencode(body)
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            sent.setdefault("Referer", f"https://{sent.get('Host', self.host)}/")
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read().decode())
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value or "Max-Age=0" in line:
                del self.cookies[name]
        return answer

    def connect(self) -> http.client.HTTPConnection:
        """Connect to the server."""
        return http.client.HTTPConnection(self.host, timeout=30)

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self.send("GET", path, **headers)

    def token(self, path: str) -> str:
        """Give the token of the form on a page."""
        found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', self.get(path).text)
        return found[1] if found else ""

    def fill(self, path: str, page: str = "", **fields: str) -> Answer:
        """Send the form of a page: `page`, or the one at its own address."""
        return self.send("POST", path, {"csrf_token": self.token(page or path), **fields})

    def log_in(self, password: str = PASSWORD, **fields: str) -> Answer:
        """Fill in the form; `is_in` tells how it went."""
        return self.fill("/account/login", email=self.email, password=password, **fields)

    @property
    def cookie(self) -> str:
        """The header with all cookies, for clients of another kind: `under_load(…, headers={"Cookie": …})`."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def is_in(self) -> bool:
        """Whether the account's page is shown."""
        return self.get("/account/").status == 200

    def copy(self) -> "Visitor":
        """Give somebody else who has got hold of the cookies."""
        other = Visitor(f"http://{self.host}", self.email)
        other.cookies = dict(self.cookies)
        return other
