"""What stands in front of an application in production, at its smallest: ends TLS, and sends plain HTTP there."""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

# For who asks a server whose first certificate nobody has signed.
INSECURE = ssl.create_default_context()
INSECURE.check_hostname = False
INSECURE.verify_mode = ssl.CERT_NONE


@dataclass
class Front:
    """The proxy's two ports, and the certificate by which its other one is known.

    Parameters:
        http: the port that only redirects.
        https: the port that serves.
        authority: the file with the certificate of the authority.
    """

    http: int
    https: int
    authority: Path


class Proxy(BaseHTTPRequestHandler):
    """Passes a request on and says, as a proxy does, whose it is and how it came."""

    backend: int

    def answer(self) -> None:
        """Fetch the answer and send it as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.backend, timeout=60)
        forwarded = {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection.request(self.command, self.path, body, dict(self.headers) | forwarded)
        response = connection.getresponse()
        self.send_response_only(response.status)
        for name, value in response.getheaders():
            if name not in ("Connection", "Transfer-Encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.read())
        connection.close()

    do_GET = do_HEAD = do_POST = do_OPTIONS = answer

    def log_message(self, format: str, *words: object) -> None:
        """Keep quiet."""


class Redirect(BaseHTTPRequestHandler):
    """Sends everybody to the other port."""

    https: int

    def answer(self) -> None:
        """Name the address."""
        self.send_response_only(308)
        self.send_header("Location", f"https://localhost:{self.https}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_OPTIONS = answer

    def log_message(self, format: str, *words: object) -> None:
        """Keep quiet."""


@contextmanager
def in_front_of(port: int, folder: Path) -> Iterator[Front]:
    """Serve `localhost` over TLS with a certificate of our own.

    Parameters:
        port: where the application listens on the loopback address.
        folder: where the certificates go.
    """
    authority = trustme.CA()
    trust = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trust))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    secure = ThreadingHTTPServer(("127.0.0.1", 0), type("Secure", (Proxy,), {"backend": port}))
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    https = secure.server_address[1]
    plain = ThreadingHTTPServer(("127.0.0.1", 0), type("Plain", (Redirect,), {"https": https}))
    for server in (secure, plain):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Front(plain.server_address[1], https, trust)
    finally:
        for server in (secure, plain):
            server.shutdown()
            server.server_close()
