from base64 import b64encode, urlsafe_b64encode
from random import Random
from uuid import UUID

import pytest

from app.core.secret_keys import is_weak
from tests.support.production import STRONG_KEY

RANDOM = Random(20)  # the same keys in every run, so that a test which was green stays green


def bits(number: int = 32) -> bytes:
    return RANDOM.randbytes(number)


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "a" * 64,
        "0123456789" * 4,
        "7f3a9c0e" * 8,
        "323ee6e4b1621c63" + "x" * 20,
        "12345678912345678912345678912346",
        "everything-starts-with-hello-world",
        "CORRECTHORSEBATTERYSTAPLEANDMORE",
        "the key of my shop, number 4 since 2019",
        "pseudo randomly generated secret key",
        "a secret key should be kept a secret",
        "please-replace-me-with-a-random-value!!",
        "MySuperSecretKeyThatNobodyKnows1",
        "do_not_use_in_front_of_2_customers",
        "change-me-" + STRONG_KEY,
    ],
)
def test_key_that_somebody_wrote_is_weak(key: str) -> None:
    assert is_weak(key)


def test_key_that_a_generator_made_is_never_weak() -> None:
    """What ``secrets``, ``base64``, ``uuid`` and ``openssl rand`` give, with 32 bytes and more."""
    for _ in range(500):
        identifiers = [UUID(bytes=bits(16), version=4) for _ in range(2)]
        keys = {
            bits().hex(),
            bits().hex().upper(),
            urlsafe_b64encode(bits()).rstrip(b"=").decode(),
            b64encode(bits()).decode(),
            b64encode(bits(64)).decode(),
            "".join(identifier.hex for identifier in identifiers),
            "-".join(map(str, identifiers)),
            STRONG_KEY,
        }
        assert not {key for key in keys if is_weak(key)}
