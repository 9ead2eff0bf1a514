"""What is cached for one account is shown to no other."""

import pytest
from flask import Flask

from app.auth.owner import act_as, owner_id
from app.cache import cache
from tests.support.accounts import BOB, account, ann


@cache.memoize()
def me() -> str:
    """Return the account that the result was cached for."""
    return str(owner_id())


@pytest.mark.usefixtures("cached")
def test_each_account_has_its_own_result(app: Flask) -> None:
    with app.app_context():
        for user_id in (ann(), account(BOB)) * 2:  # computed, then cached
            act_as(user_id)
            assert me() == str(user_id)
