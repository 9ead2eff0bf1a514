"""Where the broker is, and how it must prove that it is the one."""

from ssl import CERT_NONE, CERT_REQUIRED
from typing import Any

from kombu import Connection
from kombu.utils.url import parse_url

SCHEMES = ("redis://", "rediss://", "amqp://", "amqps://")
# What a URL may say of TLS, in the words of redis-py; those of RabbitMQ's library lack the first four letters.
TLS_OPTIONS = {
    "ssl_ca_certs",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_ciphers",
    "ssl_keyfile",
}


def check_url(url: str) -> None:
    """Validate the URL of a broker.

    Raises:
        ValueError: it is none that jobs are tested with.
        KeyError, TypeError: an option has an unknown name or value.
    """
    address, tls = secured(url)
    if not url.startswith(SCHEMES) or not Connection(address, ssl=tls).hostname:
        raise ValueError("not the URL of a broker")


def secured(url: str) -> tuple[str, dict[str, Any]]:
    """Take an address apart: what is left when TLS is, and the options of TLS, none where nothing is encrypted.

    Left alone, Celery believes any certificate of a Redis, and of a RabbitMQ one that was issued for another host. Here
    both must be issued for the host by somebody who is trusted, unless the address says otherwise.

    Parameters:
        url: what follows a ``?`` may be ``ssl_ca_certs=/path/to/ca.pem`` for example.

    Raises:
        KeyError: ``ssl_cert_reqs`` has a value that nobody knows.
        ValueError: it is no address, or several with TLS, or an option of TLS does not exist.
    """
    parts = parse_url(url)
    given: dict[str, Any] = parts.get("ssl", {})
    if not given and parts["transport"] not in ("rediss", "amqps"):
        return url, {}
    if ";" in url or not given.keys() <= TLS_OPTIONS:
        raise ValueError("several addresses, or an option that does not exist")
    address, _, query = url.partition("?")
    rest = "&".join(word for word in query.split("&") if not word.startswith("ssl_"))
    tls = {"ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": True} | given
    if parts["transport"].startswith("amqp"):
        tls = {name.removeprefix("ssl_"): value for name, value in tls.items()}
        if tls.pop("check_hostname") and tls["cert_reqs"] != CERT_NONE:
            tls["server_hostname"] = parts["hostname"]
    return f"{address}?{rest}" if rest else address, tls
