"""Clients of a server, each with one request after the other; runs where nothing is installed but Python.

    python load_client.py HOST URL SECONDS CLIENTS [kept]

``kept`` lets each client keep its connection, as proxies do, and like them try a GET once more when the server closed it.
Prints a JSON object: how many requests, what failed, the longest time.
"""

import http.client
import json
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

PAUSE = 0.1  # seconds between the requests of a client: a bounded load


class Client(threading.Thread):
    """One client.

    Parameters:
        number: which one it is; each comes from an address of its own, so that no limit meets them.
        host: the name it asks for.
        url: where it asks.
        until: when it stops, by the monotonic clock.
        kept: whether it keeps its connection.
    """

    def __init__(self, number: int, host: str, url: str, until: float, kept: bool) -> None:
        super().__init__()
        self.number = number
        self.host = host
        self.url = urlsplit(url)
        self.until = until
        self.kept = kept
        self.results: Counter[str] = Counter()
        self.longest = 0.0
        self.repeated = 0
        self.connection = self.connect()

    def connect(self) -> http.client.HTTPConnection:
        """Give a connection that is opened with its first request."""
        return http.client.HTTPConnection(self.url.netloc, timeout=20)

    def run(self) -> None:
        """Ask until the time is over."""
        count = 0
        while time.monotonic() < self.until:
            count += 1
            address = f"10.{self.number}.{count // 250 % 250}.{count % 250}"
            started = time.monotonic()
            self.results[self.ask(address)] += 1
            self.longest = max(self.longest, time.monotonic() - started)
            time.sleep(PAUSE)

    def ask(self, address: str) -> str:
        """Send one request as the proxy in front would; give the status or the name of the error."""
        headers = {"Host": self.host, "X-Forwarded-Proto": "https", "X-Forwarded-For": address}
        for attempt in (1, 2):
            reused = self.connection.sock is not None
            try:
                self.connection.request("GET", self.url.path or "/", headers=headers)
                response = self.connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.connection.close()
                # A connection that was idle may be closed at any time; who keeps some must expect it.
                if reused and attempt == 1 and not isinstance(error, TimeoutError):
                    self.repeated += 1
                    continue
                return type(error).__name__
            if not self.kept:
                self.connection.close()
            return str(response.status)
        raise AssertionError("the second attempt uses a new connection")


def main(host: str, url: str, seconds: str, number: str, *kept: str) -> None:
    """Let all clients ask at the same time, and say how it went."""
    until = time.monotonic() + float(seconds)
    clients = [Client(n, host, url, until, bool(kept)) for n in range(int(number))]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    results = sum((client.results for client in clients), Counter())
    report = {
        "requests": results.total(),
        "failed": {name: count for name, count in results.items() if name != "200"},
        "repeated": sum(client.repeated for client in clients),
        "longest": round(max(client.longest for client in clients), 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
