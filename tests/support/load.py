"""Clients that ask all the time, and count what was not answered well.

As browsers and the usual HTTP libraries do, a client asks again when a connection that it had kept is closed before
the answer begins: a server may close an idle connection at the very moment at which the client uses it, and neither
can know (RFC 9112, section 9.3.1).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, RemoteDisconnected


@dataclass
class Load:
    """What the clients saw.

    Parameters:
        answers: how many requests ended in which way: a status, or the name of an error.
        repeated: how many were sent again, because a connection that had been kept was closed.
        slowest: the longest time of one, in seconds.
        long: when each that took more than a second began and ended.
        last_failure: when the last one failed, by the monotonic clock; 0 without any.
    """

    answers: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    slowest: float = 0.0
    long: list[tuple[float, float]] = field(default_factory=list)
    last_failure: float = 0.0

    @property
    def failed(self) -> dict[str, int]:
        """What was anything but 200."""
        return {answer: count for answer, count in self.answers.items() if answer != "200"}


@contextmanager
def under_load(
    connect: Callable[[], HTTPConnection],
    *,
    path: str = "/",
    headers: Mapping[str, str] | None = None,
    clients: int = 20,
    seconds: float = 20,
    pause: float = 0,
) -> Iterator[Load]:
    """Let clients ask while the block runs, and for `seconds` at the least.

    Parameters:
        connect: makes a connection, which its client keeps until the server closes it.
        path: what they ask for.
        headers: what they send with each request: the cookie of somebody who has logged in, for example.
        clients: how many.
        seconds: for how long at the least.
        pause: the seconds that each client waits between two requests, for a load that leaves something of the CPUs.
    """
    load = Load()
    done = threading.Event()
    lock = threading.Lock()

    def fetch(connection: HTTPConnection) -> str:
        kept = connection.sock is not None
        try:
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            response.read()
            return str(response.status)
        except (RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            connection.close()
            if not kept:
                return type(error).__name__
            with lock:
                load.repeated += 1
            return fetch(connection)
        except (OSError, HTTPException) as error:
            connection.close()
            return type(error).__name__

    def ask() -> None:
        connection = connect()
        while not done.is_set():
            started = time.monotonic()
            answer = fetch(connection)
            ended = time.monotonic()
            with lock:
                load.answers[answer] += 1
                load.slowest = max(load.slowest, ended - started)
                if answer != "200":
                    load.last_failure = ended
                if ended - started > 1:
                    load.long.append((started, ended))
            time.sleep(pause)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        yield load
        time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
    finally:
        done.set()
        for thread in threads:
            thread.join(60)
