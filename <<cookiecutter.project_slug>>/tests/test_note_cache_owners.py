"""What is cached for one account is shown to no other."""

from flask import Flask
from flask.testing import FlaskClient

from app.auth.owner import act_as
from app.blueprints.main import services
from tests.cache.test_notes_cache import app as app  # caches in Redis
from tests.cache.test_notes_cache import count
from tests.support.accounts import BOB, account, enter


def test_count_is_the_accounts_own(app: Flask, client: FlaskClient) -> None:
    client.post("/notes/new", data={"title": "Ann's"})
    for _ in range(2):  # from the database, then from the cache
        enter(client)
        assert count(client) == 1
        enter(client, BOB)
        assert count(client) == 0


def test_script_sees_the_count_of_the_account_it_acts_for(app: Flask, client: FlaskClient) -> None:
    client.post("/notes/new", data={"title": "Ann's"})
    assert count(client) == 1
    with app.app_context():
        assert services.count_notes() == 0
        act_as(account(BOB))
        assert services.count_notes() == 0
