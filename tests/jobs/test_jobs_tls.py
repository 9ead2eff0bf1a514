"""Brokers behind TLS: whoever cannot prove to be the one is told nothing, no password above all."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme
from project import Project

with_jobs = pytest.mark.parametrize("project", ["open"], indirect=True)
# Try to say something to each broker.
CONNECT = """
import json, sys
from app import create_app
from app.jobs import celery_init_app
from app.jobs.settings import FAIL_FAST
from app.jobs.broker_address import secured

app = create_app("testing")
said = []
for url in sys.argv[1:]:
    app.config["CELERY"]["broker_url"], app.config["CELERY"]["broker_use_ssl"] = secured(url)
    try:
        celery = celery_init_app(app)
        with celery.connection_for_write(connect_timeout=5, transport_options=FAIL_FAST) as connection:
            connection.default_channel.queue_declare("x", passive=True)
    except Exception as error:
        said.append(repr(error))
print(json.dumps(said))
"""


class Listener:
    """A server that ends TLS and keeps the first thing that it is told, without an answer.

    Parameters:
        context: its certificate.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.heard: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def run(self) -> None:
        """Listen until the socket is closed."""
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            client.settimeout(30)
            with suppress(OSError), self.context.wrap_socket(client, server_side=True) as secure:
                if said := secure.recv(1000):
                    self.heard.append(said)
            client.close()


@contextmanager
def listening(authority: trustme.CA, name: str) -> Iterator[Listener]:
    """Run a server with a certificate for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    listener = Listener(context)
    thread = threading.Thread(target=listener.run, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.socket.shutdown(socket.SHUT_RDWR)
        listener.socket.close()
        thread.join(60)


@with_jobs
@pytest.mark.parametrize("broker", ["rediss://:secret@127.0.0.1", "amqps://user:secret@127.0.0.1"])
def test_broker_is_told_nothing_before_it_has_proved_who_it_is(project: Project, broker: str, tmp_path: Path):
    trusted, other = trustme.CA(), trustme.CA()
    file = tmp_path / "ca.pem"
    other.cert_pem.write_to_path(str(file))
    trust = tmp_path / "trusted.pem"
    trusted.cert_pem.write_to_path(str(trust))
    with (
        listening(trusted, "127.0.0.1") as right,
        listening(trusted, "other.example.com") as misnamed,
        listening(other, "127.0.0.1") as unknown,
    ):
        # Certificates of the system are those of the first authority here.
        def ask(*urls: str) -> list[str]:
            said = project.run(".venv/bin/python", "-c", CONNECT, *urls, SSL_CERT_FILE=str(trust))
            errors: list[str] = json.loads(said.splitlines()[-1])
            return errors

        refused = ask(
            f"{broker}:{misnamed.port}",
            f"{broker}:{unknown.port}",
            f"{broker}:{misnamed.port}/?ssl_cert_reqs=required",
        )
        assert misnamed.heard == unknown.heard == []
        assert len(refused) == 3
        assert all("certificate verify failed" in error for error in refused), refused
        # The listener says nothing, so that each of these is in vain, and was believed.
        ask(
            f"{broker}:{right.port}",
            f"{broker}:{misnamed.port}/?ssl_check_hostname=false",
            f"{broker}:{unknown.port}/?ssl_ca_certs={file}",
            f"{broker}:{unknown.port}/?ssl_cert_reqs=none",
        )
        assert [len(each.heard) for each in (right, misnamed, unknown)] == [1, 1, 2]
