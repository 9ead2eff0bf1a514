"""Exports of other accounts do not exist, and contain no row of theirs."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.auth.owner import act_as
from app.blueprints.exports import services
from tests.support.accounts import BOB, account, enter
from tests.support.exported import add_row

pytestmark = pytest.mark.usefixtures("exported")


def bobs(app: Flask) -> int:
    """Return the id of an export of Bob's, who has a row."""
    with app.app_context():
        act_as(account(BOB))
        add_row("Bobs own")
        return services.start_export().id


def test_export_of_another_account_does_not_exist(app: Flask, client: FlaskClient) -> None:
    number = bobs(app)
    assert "Bobs own" not in client.get("/exports/").text
    assert client.get(f"/exports/{number}").status_code == 404
    assert client.get(f"/exports/{number}/export.json").status_code == 404
    own = client.post("/exports/").headers["Location"]
    assert client.get(f"{own}/export.json").get_json() == {"exported_rows": []}
    enter(client, BOB)
    bobs_own = {"exported_rows": [{"id": 1, "text": "Bobs own"}]}
    assert client.get(f"/exports/{number}/export.json").get_json() == bobs_own


def test_anonymous_user_is_redirected_to_login(app: Flask) -> None:
    number = bobs(app)
    anonymous = app.test_client()
    anonymous.environ_base["HTTP_ACCEPT"] = "text/html"
    assert anonymous.get("/exports/").location == "/account/login?next=/exports/"
    assert anonymous.post("/exports/").location == "/account/login"
    assert anonymous.get(f"/exports/{number}/export.json").status_code == 302
