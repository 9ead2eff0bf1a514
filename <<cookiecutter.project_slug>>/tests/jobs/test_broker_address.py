from ssl import CERT_NONE, CERT_REQUIRED
from typing import Any

import pytest

from app.jobs.broker_address import check_url, secured


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1/1",
        "redis://:pass%2Fword@[::1]:6379/1",
        "redis://one.example.com/1;redis://two.example.com/1",
        "rediss://:x@redis.example.com:6379/1?ssl_cert_reqs=required",
        "amqp://user:x@rabbit.example.com:5672//",
        "amqps://user:x@rabbit.example.com/jobs?heartbeat=10",
    ],
)
def test_url_of_a_broker_is_accepted(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis",
        "redis://",
        "http://x",
        "sqla+sqlite:///x",
        "amqp://[::1",
        "amqp://x:y/",
        "amqps://x/?ca_certs=/ca.pem",
        "rediss://x/?ssl_certs=/ca.pem",
        "rediss://x/?ssl_cert_reqs=perhaps",
        "rediss://one.example.com/1;rediss://two.example.com/1",
    ],
)
def test_other_urls_are_rejected(url: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        check_url(url)


@pytest.mark.parametrize(
    ("url", "plain_url", "tls"),
    [
        ("redis://h/1?heartbeat=3", "redis://h/1?heartbeat=3", {}),
        ("rediss://h/1", "rediss://h/1", {"ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": True}),
        (
            "redis://h/1?ssl_ca_certs=/a&ssl_check_hostname=false",
            "redis://h/1",
            {"ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": False, "ssl_ca_certs": "/a"},
        ),
        ("amqps://u:p%2F@h//", "amqps://u:p%2F@h//", {"cert_reqs": CERT_REQUIRED, "server_hostname": "h"}),
        (
            "amqps://h/?ssl_ca_certs=/a&heartbeat=3&ssl_keyfile=/k",
            "amqps://h/?heartbeat=3",
            {"cert_reqs": CERT_REQUIRED, "ca_certs": "/a", "keyfile": "/k", "server_hostname": "h"},
        ),
        ("amqps://h/?ssl_check_hostname=false", "amqps://h/", {"cert_reqs": CERT_REQUIRED}),
        ("amqps://h/?ssl_cert_reqs=none", "amqps://h/", {"cert_reqs": CERT_NONE}),
    ],
)
def test_certificate_of_the_broker_is_verified_unless_the_url_says_otherwise(
    url: str, plain_url: str, tls: dict[str, Any]
) -> None:
    assert secured(url) == (plain_url, tls)
