"""Passkeys: instead of the password, or after it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth import services
from app.extensions import db
from tests.support.accounts import ANN, BOB, OTHER, PASSWORD, account, enter, is_in, log_in
from tests.support.authenticator import Authenticator, add, answer, asked
from tests.support.visitors import known as known
from tests.support.visitors import outbox as outbox
from tests.support.visitors import patient as patient
from tests.support.visitors import visitor as visitor

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
def device(client: FlaskClient) -> Authenticator:
    """Ann's, with which she can log in."""
    made = Authenticator()
    assert "Remove Phone" in add(client, made)
    return made


def test_passkey_logs_in_and_is_told_by_mail(
    outbox: list[EmailMessage], device: Authenticator, visitor: FlaskClient
) -> None:
    assert outbox[0].subject.startswith("A new passkey")
    with visitor.session_transaction() as session:
        session["basket"] = "planted"
    assert answer(visitor, device) == "/"
    assert is_in(visitor)
    with visitor.session_transaction() as session:
        assert "basket" not in session


def test_answer_is_good_for_one_challenge_of_this_site(device: Authenticator, visitor: FlaskClient) -> None:
    old, options = asked(visitor.post("/account/passkey").text)
    new, _ = asked(visitor.post("/account/passkey").text)
    for address in (old, new, f"{new}x"):
        sent = {"credential": device.sign(options)}
        assert visitor.post(address, data=sent).location == "/account/passkey"
    assert answer(visitor, Authenticator()) == "/account/passkey"
    device.origin = "http://localhost.evil.example"
    assert answer(visitor, device) == "/account/passkey"
    address, _ = asked(visitor.post("/account/passkey").text)
    assert visitor.post(address, data={"credential": "{}"}).location == "/account/passkey"
    assert not is_in(visitor)


def test_answer_counts_once_and_where_it_was_asked(
    app: Flask, client: FlaskClient, visitor: FlaskClient
) -> None:
    add(client, device := Authenticator(counts=False))
    address, options = asked(visitor.post("/account/passkey").text)
    stolen = {"credential": device.sign(options)}
    assert visitor.post(address, data=stolen).location == "/"
    for thief in (app.test_client(), visitor):
        visitor.post("/account/logout")
        assert thief.post(address, data=stolen).location == "/account/passkey"
        assert not is_in(thief)


def test_device_must_make_sure_who_holds_it(client: FlaskClient, visitor: FlaskClient) -> None:
    assert "Remove Phone" not in add(client, careless := Authenticator(verifies=False))
    assert answer(visitor, careless) == "/account/passkey"


def test_passkey_of_nobody_or_of_a_shut_or_locked_account_is_refused(
    app: Flask, device: Authenticator, visitor: FlaskClient
) -> None:
    assert answer(visitor, Authenticator()) == "/account/passkey"
    with app.app_context():
        ann = services.get_user(ANN)
        for _ in range(10):
            services.count_failure(ann)
    answer(visitor, device)
    assert not is_in(visitor)
    with app.app_context():
        services.get_user(ANN).locked_until = None
        services.deactivate(services.get_user(ANN))
    answer(visitor, device)
    assert not is_in(visitor)


def test_passkey_as_a_second_factor_comes_after_the_password(
    app: Flask, client: FlaskClient, visitor: FlaskClient, known: str
) -> None:
    enter(client, known)
    key = Authenticator(verifies=False)
    assert "after the password" in add(client, key, usage="secondary")
    assert answer(visitor, key) == "/account/passkey"
    assert log_in(visitor) == 302
    assert not is_in(visitor)
    thief = app.test_client()
    log_in(thief)
    assert answer(thief, Authenticator()) == "/account/passkey"
    assert answer(visitor, key) == "/"
    assert is_in(visitor)


def test_passkey_answers_the_question_before_something_delicate(
    client: FlaskClient, device: Authenticator, app: Flask
) -> None:
    with client.session_transaction() as session:
        session["fs_paa"] -= 60 * 60
        session.pop("fs_gexp", None)
    assert client.get("/account/passkeys").location.startswith("/account/verify")
    assert "Use a passkey" in client.get("/account/verify").text
    assert "Use a passkey" in client.get("/account/passkey-verify").text
    with app.app_context():
        account(BOB, PASSWORD)
    thief, own = app.test_client(), Authenticator()
    enter(thief, BOB)
    add(thief, own)
    assert answer(client, own, "/account/passkey-verify") == "/account/passkey-verify"
    assert client.get("/account/passkeys").status_code == 302
    answer(client, device, "/account/passkey-verify")
    assert client.get("/account/passkeys").status_code == 200


def test_passkey_can_be_removed_by_its_owner_alone(
    app: Flask, client: FlaskClient, device: Authenticator, visitor: FlaskClient
) -> None:
    enter(visitor, BOB)
    visitor.post("/account/passkey-delete", data={"name": "Phone"})
    assert "Remove Phone" in client.get("/account/passkeys").text
    client.post("/account/passkey-delete", data={"name": "Phone"})
    assert "Remove Phone" not in client.get("/account/passkeys").text
    assert answer(app.test_client(), device) == "/account/passkey"


def test_passkeys_go_with_their_account(app: Flask, device: Authenticator) -> None:
    with app.app_context():
        ann = services.get_user(ANN)
        assert repr(ann.webauthn[0]) == f"<Passkey {ann.webauthn[0].id}>"
        db.session.delete(ann)
        db.session.commit()


def test_name_that_is_taken_or_empty_is_refused(client: FlaskClient, device: Authenticator) -> None:
    for name in ("", "Phone", "<b>", "x" * 65):
        page = client.post("/account/passkeys", data={"name": name, "usage": "first"}).text
        assert "data-options" not in page
        assert 'class="wrong"' in page


def test_log_in_page_offers_a_passkey_and_leads_on(
    client: FlaskClient, device: Authenticator, visitor: FlaskClient
) -> None:
    assert "Log in with a passkey" in visitor.get("/account/login").text
    page = visitor.post("/account/passkey", data={"next": "/account/change"}).text
    address, options = asked(page)
    assert 'name="next" type="hidden" value="/account/change"' in page
    form = {"credential": device.sign(options), "next": "/account/change"}
    assert visitor.post(address, data=form).location == "/account/change"


def test_passkey_leads_nowhere_else(device: Authenticator, visitor: FlaskClient) -> None:
    address, options = asked(visitor.post("/account/passkey").text)
    form = {"credential": device.sign(options), "next": "https://evil.example/"}
    assert "evil" not in (visitor.post(address, data=form).location or "")


def test_passkey_outlives_a_change_of_password(
    app: Flask, client: FlaskClient, visitor: FlaskClient, known: str
) -> None:
    enter(client, known)
    add(client, device := Authenticator())
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert client.post("/account/change", data=form).status_code == 302
    assert answer(visitor, device) == "/"
