"""A piece of network that can fail: it passes bytes on, or swallows them without a word."""

import selectors
import socket
import threading
from types import TracebackType


class TcpProxy:
    """A TCP proxy on the loopback address; while it is shut, connections open and stay silent.

    Parameters:
        target: the port to pass everything on to.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.shut = False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.closing = False
        self.other: dict[socket.socket, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self) -> "TcpProxy":
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing = True
        self.thread.join()
        for end in (self.listener, *self.other):
            end.close()

    def run(self) -> None:
        """Accept and pass on; what arrives while the proxy is shut waits in the kernel."""
        while not self.closing:
            if self.shut:
                threading.Event().wait(0.02)
                continue
            for key, _ in self.selector.select(0.02):
                if key.fileobj is self.listener:
                    self.accept()
                elif isinstance(key.fileobj, socket.socket):
                    self.pass_on(key.fileobj)

    def accept(self) -> None:
        """Connect a client with the target."""
        client, _ = self.listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
        except OSError:
            client.close()
            return
        self.other |= {client: server, server: client}
        for end in (client, server):
            self.selector.register(end, selectors.EVENT_READ)

    def pass_on(self, end: socket.socket) -> None:
        """Pass on what has arrived; an end that closes takes the other one along."""
        if end not in self.other:
            return
        try:
            data = end.recv(65_536)
            if data:
                self.other[end].sendall(data)
                return
        except OSError:
            pass
        for each in (end, self.other[end]):
            self.selector.unregister(each)
            each.close()
            del self.other[each]
