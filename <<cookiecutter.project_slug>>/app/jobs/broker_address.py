"""The URL of the broker and its options of TLS."""

from ssl import CERT_NONE, CERT_REQUIRED
from typing import Any

from kombu import Connection
from kombu.utils.url import parse_url

SCHEMES = ("redis://", "rediss://", "amqp://", "amqps://")
# The options of TLS in a URL, as redis-py names them with the prefix ``ssl_``, py-amqp without.
TLS_NAMES = ("ca_certs", "cert_reqs", "certfile", "check_hostname", "ciphers", "keyfile")
TLS_OPTIONS = {f"ssl_{name}" for name in TLS_NAMES}


def check_url(url: str) -> None:
    """Validate the URL of a broker.

    Raises:
        ValueError: it is no URL of a supported broker.
        KeyError, TypeError: an option has an unknown name or value.
    """
    plain_url, tls = secured(url)
    if not url.startswith(SCHEMES) or not Connection(plain_url, ssl=tls).hostname:
        raise ValueError("not the URL of a broker")


def secured(url: str) -> tuple[str, dict[str, Any]]:
    """Split a URL into the URL without its TLS options, and these options, empty without TLS.

    By default Celery accepts any certificate from Redis, and from RabbitMQ one of another host. Here the
    certificate must be trusted and match the host, unless the URL says otherwise.

    Parameters:
        url: may have options like ``?ssl_ca_certs=/path/to/ca.pem``.

    Raises:
        KeyError: ``ssl_cert_reqs`` has an unknown value.
        ValueError: it is no URL, several with TLS, or has an unknown option of TLS.
    """
    parts = parse_url(url)
    given: dict[str, Any] = parts.get("ssl", {})
    if not given and parts["transport"] not in ("rediss", "amqps"):
        return url, {}
    if ";" in url or not given.keys() <= TLS_OPTIONS:
        raise ValueError("several URLs, or an unknown option")
    base, _, query = url.partition("?")
    rest = "&".join(word for word in query.split("&") if not word.startswith("ssl_"))
    tls = {"ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": True} | given
    if parts["transport"].startswith("amqp"):
        tls = {name.removeprefix("ssl_"): value for name, value in tls.items()}
        if tls.pop("check_hostname") and tls["cert_reqs"] != CERT_NONE:
            tls["server_hostname"] = parts["hostname"]
    return f"{base}?{rest}" if rest else base, tls
