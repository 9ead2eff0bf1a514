"""What Gunicorn does otherwise here: slow clients hold no thread, and refusals say nothing of what was sent.

Gunicorn's threaded worker gives each connection a thread that waits for the whole head of a request, and lets its main
loop wait until a client has closed its end. A few clients that send a byte now and then, or do not close, would hold up
everybody. Here threads are for requests whose heads have come; all other waiting is the poller's.
"""

import json
import re
import socket
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from io import SEEK_END
from ssl import SSLError
from time import monotonic
from typing import Any, cast

from gunicorn import util
from gunicorn.http import errors
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread

# Gunicorn's own word for "wait for this connection in the poller".
LATER: Any = vars(gthread)["_DEFER"]
END = b"\r\n\r\n"  # of a head
ALONE = re.compile(rb"(?<!\r)\n")  # is refused, whatever follows
MOMENT = 0.01  # seconds that a thread waits: what is on its way needs no turn of the poller
LINGER = 2.0  # seconds for a client to close its end
LONGEST = 65_536  # bytes of a head, since many may be waited for
RATE = 1000  # bytes of a body that a client must send in a second, once its patience is used up

STATUSES = {
    "ExpectationFailed": HTTPStatus.EXPECTATION_FAILED,
    "LimitRequestHeaders": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "LimitRequestLine": HTTPStatus.REQUEST_URI_TOO_LONG,
    "UnsupportedTransferCoding": HTTPStatus.NOT_IMPLEMENTED,
}
# The application's errors, although Gunicorn counts them among the clients'.
OURS = ("ConfigurationProblem", "InvalidResponseHeader", "InvalidResponseHeaderName")


class SteadyReader(SocketUnreader):
    """Reads a body whose client keeps up: waiting is paid for with what has come.

    Parameters:
        sock: the connection.
        patience: the seconds that a client may be behind.
    """

    def __init__(self, sock: socket.socket, patience: float) -> None:
        super().__init__(sock)
        self.patience = patience
        self.behind = 0.0

    def chunk(self, *size_hint: Any) -> bytes:
        """Give the next piece.

        Raises:
            TimeoutError: the client is too slow.
        """
        begun = monotonic()
        data = super().chunk(*size_hint)
        self.behind = max(0.0, self.behind + monotonic() - begun - len(data) / RATE)
        if self.behind > self.patience:
            raise TimeoutError("the client is too slow")
        return data


class PatientWorker(gthread.ThreadWorker):
    """Answers requests in threads, and waits for clients without."""

    patience = 10.0  # seconds for the head of a request; CLIENT_TIMEOUT
    headers: dict[str, str] = {}  # noqa: RUF012

    def load_wsgi(self) -> None:
        """Load the application, and what its answers have in common."""
        super().load_wsgi()
        from flask import Flask

        from app.core.security import HEADERS, constant_headers

        # What wraps the application may stand in its place.
        self.headers = constant_headers(self.wsgi) if isinstance(self.wsgi, Flask) else HEADERS

    def handle(self, conn: Any) -> bool:
        """Answer a request that has come, or leave the connection to the poller until more of it is there."""
        if self.cfg.is_ssl:  # what can be read says nothing of what has come
            return super().handle(conn)
        try:
            if first := not conn.initialized:
                conn.init()
                conn.parser.unreader = SteadyReader(conn.sock, self.patience)
                conn.due, conn.answered = None, False
            if conn.answered:
                return LATER if self.alive and receive(conn, 0) != b"" else False
            if self.alive and not self.head_has_come(conn, MOMENT if first else 0):
                conn.due = conn.due or monotonic() + self.patience
                return cast("bool", LATER)
            conn.due, conn.parser.unreader.behind = None, 0.0
            return super().handle(conn) or self.end(conn)
        except errors.ParseException as error:
            self.handle_error(None, conn.sock, conn.client, error)
            return self.end(conn)
        except OSError:  # the client has gone
            return False

    def head_has_come(self, conn: Any, seconds: float) -> bool:
        """Take what has come of a head, and tell whether the parser need not wait for more of it.

        Raises:
            gunicorn.http.errors.ParseException: it is too long.
        """
        buffer = conn.parser.unreader.buf
        buffer.seek(0, SEEK_END)
        while END not in (data := buffer.getvalue()) and not ALONE.search(data):
            if len(data) > LONGEST:
                line = b"\r\n" in data[: self.cfg.limit_request_line]
                raise errors.LimitRequestHeaders("") if line else errors.LimitRequestLine(len(data))
            if (more := receive(conn, seconds)) is None:
                return False
            if not more:
                return True
            buffer.write(more)
        return True

    def end(self, conn: Any) -> bool:
        """End a connection as soon as the client has: closing it before could take the answer away from it."""
        if self.alive:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_WR)
                conn.due, conn.answered = monotonic() + LINGER, True
                return False if receive(conn, MOMENT) == b"" else LATER
        return False

    def murder_pending(self) -> None:
        """Let those go whose time is over; the library looks at the first, and expects it to end first."""
        if self.pending_conns and not self.cfg.is_ssl:
            pending: list[Any] = sorted(self.pending_conns, key=due)
            for conn in pending:
                conn.timeout = conn.due
            self.pending_conns = deque(pending)
        super().murder_pending()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Refuse what is no request, and neither answer nor log what was sent: it may hold a secret."""
        name = type(exc).__name__
        if isinstance(exc, (errors.ParseException, SSLError)) and name not in OURS:
            status = STATUSES.get(name, HTTPStatus.BAD_REQUEST)
            self.log.warning("Invalid request from ip=%s: %s", addr[0] if addr else "", name)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            self.log.exception("Error handling a request")
        body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status.value})
        own = {
            "Connection": "close",
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
        }
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", *map(": ".join, (self.headers | own).items())]
        try:
            util.write_nonblock(client, "\r\n".join([*lines, "", body]).encode())
        except OSError:
            self.log.debug("Failed to send error message.")


def due(conn: Any) -> float:
    """Give when a connection must have got on."""
    return float(conn.due)


def receive(conn: Any, seconds: float) -> bytes | None:
    """Give what has come, nothing at the end of a connection, and None when nothing comes in so many seconds."""
    if conn.sock.gettimeout() != seconds:
        conn.sock.settimeout(seconds)
    try:
        return cast("bytes", conn.sock.recv(8192))
    except (TimeoutError, BlockingIOError):
        return None
