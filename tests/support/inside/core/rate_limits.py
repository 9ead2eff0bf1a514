import pytest
from app import create_app
from app.core.rate_limits import client_network
from app.extensions import limiter
from flask import Flask


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        (None, "127.0.0.1"),
    ],
)
def test_clients_are_identified_by_ipv4_address_or_ipv6_network(
    app: Flask, address: str | None, network: str
) -> None:
    with app.test_request_context(environ_overrides={"REMOTE_ADDR": address}):
        assert client_network() == network


def test_client_that_sends_too_many_requests_is_told_when_to_retry() -> None:
    app = create_app("testing")
    app.add_url_rule("/limited", view_func=limiter.limit("2 per minute")(lambda: "ok"))
    responses = [app.test_client().get("/limited") for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[-1].headers["Retry-After"] == "60"
    assert responses[-1].content_type == "application/problem+json"
