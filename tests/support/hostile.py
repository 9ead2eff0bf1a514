"""Requests that nobody sends by accident, each with what the server was seen to answer."""

import socket
from dataclasses import dataclass

BOUNDARY = "----part"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Hostile:
    """One request.

    Parameters:
        name: what is tried.
        raw: the bytes that are sent.
        seen: the statuses of all answers on the connection, in order; none for a connection that was closed.
    """

    name: str
    raw: bytes
    seen: tuple[int, ...] = (400,)


def request(
    line: str = "GET / HTTP/1.1", *headers: str, body: bytes = b"", host: str = "Host: 127.0.0.1"
) -> bytes:
    """Put a request together; a header's text goes out as it is."""
    length = [f"Content-Length: {len(body)}"] if body else []
    lines = [line, *([host] if host else []), *headers, *length, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def api(
    body: bytes | str, method: str = "POST", path: str = "/api/v1/notes/", kind: str = "application/json"
) -> bytes:
    """Send a body to the API."""
    data = body if isinstance(body, bytes) else body.encode()
    return request(f"{method} {path} HTTP/1.1", f"Content-Type: {kind}", body=data)


def get(path: str, *headers: str) -> bytes:
    """Ask for a path."""
    return request(f"GET {path} HTTP/1.1", *headers)


def chunked(body: bytes, *headers: str) -> bytes:
    """Send a body in chunks as they are given."""
    kind = "Content-Type: application/json"
    return request("POST /api/v1/notes/ HTTP/1.1", kind, "Transfer-Encoding: chunked", *headers) + body


def form(body: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}") -> bytes:
    """Send the form for a new note."""
    return request("POST /notes/new HTTP/1.1", f"Content-Type: {kind}", body=body)


def part(name: str, value: bytes = b"x") -> bytes:
    """Make one part of a multipart form."""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
NOTE = b'{"title": "x"}'
CHUNK = b"e\r\n" + NOTE + b"\r\n0\r\n\r\n"
POST = b"POST /api/v1/notes/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def send(port: int, raw: bytes, seconds: float = 30) -> bytes:
    """Send bytes as they are; give everything that comes back until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        answer = b""
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65_536):
                answer += data
        except TimeoutError:
            raise
        except OSError:  # the server has closed already: broken pipe, reset, or no longer connected
            while data := rest(connection):
                answer += data
        return answer


def rest(connection: socket.socket) -> bytes:
    """Give what has arrived although sending failed."""
    try:
        return connection.recv(65_536)
    except OSError:
        return b""


def statuses(answer: bytes) -> tuple[int, ...]:
    """Give the status of each answer in what came back."""
    found = []
    while answer.startswith(b"HTTP/1."):
        head, _, answer = answer.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        found.append(int(lines[0].split()[1]))
        lengths = [line.split(b":")[1] for line in lines if line.lower().startswith(b"content-length:")]
        answer = answer[int(lengths[0]) if lengths else len(answer) :]
    return tuple(found)
