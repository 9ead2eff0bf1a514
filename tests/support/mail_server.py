"""A mail server that keeps what it is given; as a program, it writes each mail to its output.

python mail_server.py ADDRESS PORT
"""

import re
import socketserver
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from threading import Thread


class Talk(socketserver.StreamRequestHandler):
    """One client, as far as RFC 5321 is needed."""

    def handle(self) -> None:
        self.say("220 ready")
        for line in self.rfile:
            word = line[:4].upper().strip()
            if word == b"DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                text = b"".join(part.removeprefix(b".") for part in lines)
                self.server.mails.append(message_from_bytes(text, policy=policy.default))
            self.say("221 bye" if word == b"QUIT" else "250 fine")
            if word == b"QUIT":
                return

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """Listens on the loopback address, unless another is given; `mails` has what came."""

    daemon_threads = True

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((address, port), Talk)
        self.mails: list[EmailMessage] = []
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"

    def newest(self, address: str, seconds: float = 60) -> str:
        """Give the text of the newest mail to an address, and take it out; wait for one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for mail in reversed(self.mails):
                if mail["To"] == address:
                    self.mails.remove(mail)
                    return mail.get_content()
            time.sleep(0.05)
        raise AssertionError(f"no mail for {address}")

    def link(self, address: str) -> str:
        """Give the path of the first link in the newest mail to an address."""
        found = re.search(r"https?://[^/\s]+(/\S+)", self.newest(address))
        assert found
        return found[1]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Give a mail server, and stop it afterwards."""
    with Mailbox() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


if __name__ == "__main__":
    with Mailbox(sys.argv[1], int(sys.argv[2])) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        while True:
            while server.mails:
                print(server.mails.pop(0).as_string(), flush=True)
            time.sleep(0.1)
