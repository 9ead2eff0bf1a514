"""The key by which rate limits count a client."""

from ipaddress import IPv6Address, IPv6Network

from flask import request


def client_network() -> str:
    """Return the client's IPv4 address or /64 IPv6 network, whose addresses it can usually choose freely."""
    address = request.remote_addr or "127.0.0.1"
    if ":" not in address:
        return address
    try:
        ipv6 = IPv6Address(address)
    except ValueError:  # a proxy may send anything
        return address
    return str(ipv6.ipv4_mapped or IPv6Network((ipv6.packed, 64), strict=False))
