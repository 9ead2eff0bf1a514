"""A software authenticator for passkeys; see https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data."""

import hashlib
import html
import json
import re
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from flask.testing import FlaskClient
from webauthn.helpers import bytes_to_base64url as text

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
HOST = "localhost"


class Authenticator:
    """A device with one passkey.

    Parameters:
        origin: the origin that it reports.
        verifies: whether it verifies its user.
        counts: whether it counts signatures; authenticators that sync passkeys do not.
    """

    def __init__(self, origin: str = f"http://{HOST}", *, verifies: bool = True, counts: bool = True) -> None:
        self.origin, self.verifies, self.counts = origin, verifies, counts
        self.id, self.key = secrets.token_bytes(16), generate_private_key(SECP256R1())
        self.handle, self.count = "", 0

    def data(self, flags: int, more: bytes = b"") -> bytes:
        """Return the authenticator data."""
        self.count += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + self.count.to_bytes(4) + more

    def client(self, kind: str, challenge: str) -> bytes:
        """Return the client data of a browser."""
        data = {"type": f"webauthn.{kind}", "challenge": challenge, "origin": self.origin}
        return json.dumps(data).encode()

    def make(self, options: dict[str, Any]) -> str:
        """Return the response to ``navigator.credentials.create``."""
        self.handle = options["user"]["id"]
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}
        credential = bytes(16) + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        attested = {"fmt": "none", "attStmt": {}, "authData": self.data(ATTESTED, credential)}
        client = self.client("create", options["challenge"])
        return self.credential(
            clientDataJSON=text(client), attestationObject=text(cbor2.dumps(attested)), transports=["usb"]
        )

    def sign(self, options: dict[str, Any]) -> str:
        """Return the response to ``navigator.credentials.get``."""
        data, client = self.data(0), self.client("get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return self.credential(
            clientDataJSON=text(client),
            authenticatorData=text(data),
            signature=text(signature),
            userHandle=self.handle,
        )

    def credential(self, **response: Any) -> str:
        """Return a response in the format of ``toJSON``."""
        return json.dumps(
            {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
        )


def read_options(page: str) -> tuple[str, dict[str, Any]]:
    """Return the URL and the options of a form for passkeys."""
    found = re.search(r'action="([^"]+)" data-passkey="\w+" data-options="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1]), json.loads(html.unescape(found[2]))


def add(client: FlaskClient, device: Authenticator, name: str = "Phone", usage: str = "first") -> str:
    """Add a passkey to the account of a client, and return the page that follows."""
    url, options = read_options(client.post("/account/passkeys", data={"name": name, "usage": usage}).text)
    return client.post(url, data={"credential": device.make(options)}, follow_redirects=True).text


def log_in_by_passkey(
    client: FlaskClient, device: Authenticator, path: str = "/account/passkey"
) -> str | None:
    """Log in with a passkey, and return the location of the redirect."""
    url, options = read_options(client.post(path).text)
    return client.post(url, data={"credential": device.sign(options)}).location
