"""What rate limits count."""

from ipaddress import IPv6Address, ip_address, ip_network

from flask import request


def client_network() -> str:
    """Return the client's IPv4 address or IPv6 network: every customer of a provider has a /64 at least."""
    sent_from = request.remote_addr or "127.0.0.1"
    try:
        address = ip_address(sent_from)
    except ValueError:  # a proxy may send anything
        return sent_from
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address.packed, 64), strict=False))
    return sent_from


def is_static_file() -> bool:
    """Return whether a static file is requested, which is not counted: a page may have many."""
    return request.endpoint == "static"
