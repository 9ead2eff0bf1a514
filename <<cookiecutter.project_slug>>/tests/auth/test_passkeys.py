"""Passkeys, instead of the password and as a second factor."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_mailman import EmailMessage

from app.auth import services
from app.extensions import db
from app.models.account import MAX_FAILURES
from tests.support.account_fixtures import anonymous as anonymous
from tests.support.account_fixtures import no_rate_limits as no_rate_limits
from tests.support.account_fixtures import outbox as outbox
from tests.support.account_fixtures import registered as registered
from tests.support.accounts import ANN, BOB, OTHER, PASSWORD, account, enter, is_in, link, log_in
from tests.support.authenticator import Authenticator, add, log_in_by_passkey, read_options

pytestmark = pytest.mark.usefixtures("no_rate_limits")


@pytest.fixture
def device(client: FlaskClient) -> Authenticator:
    """A device with a passkey for Ann's account."""
    device = Authenticator()
    assert "Remove Phone" in add(client, device)
    return device


def give_codes(app: Flask, email: str) -> None:
    """Give an account recovery codes, without which it gets no second factor."""
    with app.app_context():
        services.get_user(email).mf_recovery_codes = ["a-code"]
        db.session.commit()


def test_passkey_logs_in_and_its_owner_is_notified(
    outbox: list[EmailMessage], device: Authenticator, anonymous: FlaskClient
) -> None:
    assert outbox[0].subject.startswith("New passkey")
    with anonymous.session_transaction() as session:
        session["basket"] = "planted"
    assert log_in_by_passkey(anonymous, device) == "/"
    assert is_in(anonymous)
    with anonymous.session_transaction() as session:
        assert "basket" not in session


def test_response_is_valid_for_one_challenge_of_this_site(
    device: Authenticator, anonymous: FlaskClient
) -> None:
    old, options = read_options(anonymous.post("/account/passkey").text)
    new, _ = read_options(anonymous.post("/account/passkey").text)
    for url in (old, new, f"{new}x"):
        sent = {"credential": device.sign(options)}
        assert anonymous.post(url, data=sent).location == "/account/passkey"
    assert log_in_by_passkey(anonymous, Authenticator()) == "/account/passkey"
    device.origin = "http://localhost.evil.example"
    assert log_in_by_passkey(anonymous, device) == "/account/passkey"
    url, _ = read_options(anonymous.post("/account/passkey").text)
    assert anonymous.post(url, data={"credential": "{}"}).location == "/account/passkey"
    assert not is_in(anonymous)


def test_response_is_accepted_once_and_in_its_own_session(
    app: Flask, client: FlaskClient, anonymous: FlaskClient
) -> None:
    add(client, device := Authenticator(counts=False))
    url, options = read_options(anonymous.post("/account/passkey").text)
    stolen = {"credential": device.sign(options)}
    assert anonymous.post(url, data=stolen).location == "/"
    for thief in (app.test_client(), anonymous):
        anonymous.post("/account/logout")
        assert thief.post(url, data=stolen).location == "/account/passkey"
        assert not is_in(thief)


def test_response_is_accepted_once_with_the_cookie_of_its_challenge(
    client: FlaskClient, anonymous: FlaskClient
) -> None:
    add(client, device := Authenticator(counts=False))
    url, options = read_options(anonymous.post("/account/passkey").text)
    cookie = anonymous.get_cookie("session")
    assert cookie
    stolen = {"credential": device.sign(options)}
    for location in ("/", "/account/passkey"):
        anonymous.set_cookie("session", cookie.value)
        assert anonymous.post(url, data=stolen).location == location
    assert not is_in(anonymous)


def test_device_must_verify_its_user(client: FlaskClient, anonymous: FlaskClient) -> None:
    assert "Remove Phone" not in add(client, unverified := Authenticator(verifies=False))
    assert log_in_by_passkey(anonymous, unverified) == "/account/passkey"


def test_passkey_of_no_or_a_deactivated_account_is_rejected(
    app: Flask, device: Authenticator, anonymous: FlaskClient
) -> None:
    assert log_in_by_passkey(anonymous, Authenticator()) == "/account/passkey"
    with app.app_context():
        services.deactivate(services.get_user(ANN))
    log_in_by_passkey(anonymous, device)
    assert not is_in(anonymous)


def test_passkey_opens_a_locked_account(app: Flask, device: Authenticator, anonymous: FlaskClient) -> None:
    with app.app_context():
        for _ in range(MAX_FAILURES):
            services.count_failure(services.get_user(ANN))
        assert services.get_user(ANN).locked
    assert log_in_by_passkey(anonymous, device) == "/"


def test_password_reset_names_and_removes_passkeys_that_replace_the_password(
    app: Flask, client: FlaskClient, device: Authenticator, anonymous: FlaskClient, outbox: list[EmailMessage]
) -> None:
    give_codes(app, ANN)
    add(client, Authenticator(verifies=False), "Key", usage="secondary")
    anonymous.post("/account/reset", data={"email": ANN})
    path = link(outbox[-1])
    assert "will be removed: Phone." in anonymous.get(path).text
    anonymous.post(path, data={"password": OTHER, "password_confirm": OTHER})
    assert log_in_by_passkey(anonymous, device) == "/account/passkey"
    with app.app_context():
        assert [passkey.name for passkey in services.get_user(ANN).webauthn] == ["Key"]


def test_passkey_as_a_second_factor_comes_after_the_password(
    app: Flask, client: FlaskClient, anonymous: FlaskClient, registered: str
) -> None:
    enter(client, registered)
    give_codes(app, registered)
    key = Authenticator(verifies=False)
    assert "After the password ·" in add(client, key, usage="secondary")
    assert log_in_by_passkey(anonymous, key) == "/account/passkey"
    assert log_in(anonymous) == 302
    assert not is_in(anonymous)
    thief = app.test_client()
    log_in(thief)
    assert log_in_by_passkey(thief, Authenticator()) == "/account/passkey"
    assert log_in_by_passkey(anonymous, key) == "/"
    assert is_in(anonymous)


def test_reauthentication_accepts_a_passkey(client: FlaskClient, device: Authenticator, app: Flask) -> None:
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
    assert log_in_by_passkey(client, own, "/account/passkey-verify") == "/account/passkey-verify"
    assert client.get("/account/passkeys").status_code == 302
    log_in_by_passkey(client, device, "/account/passkey-verify")
    assert client.get("/account/passkeys").status_code == 200


def test_passkey_can_be_removed_only_by_its_owner(
    app: Flask, client: FlaskClient, device: Authenticator, anonymous: FlaskClient
) -> None:
    enter(anonymous, BOB)
    anonymous.post("/account/passkey-delete", data={"name": "Phone"})
    assert "Remove Phone" in client.get("/account/passkeys").text
    client.post("/account/passkey-delete", data={"name": "Phone"})
    assert "Remove Phone" not in client.get("/account/passkeys").text
    assert log_in_by_passkey(app.test_client(), device) == "/account/passkey"


def test_passkeys_are_deleted_with_their_account(app: Flask, device: Authenticator) -> None:
    with app.app_context():
        ann = services.get_user(ANN)
        db.session.delete(ann)
        db.session.commit()


def test_invalid_passkey_name_is_rejected(client: FlaskClient, device: Authenticator) -> None:
    for name in ("", "Phone", "<b>", "x" * 65):
        page = client.post("/account/passkeys", data={"name": name, "usage": "first"}).text
        assert "data-options" not in page
        assert 'class="wrong"' in page


def test_login_by_passkey_redirects_to_the_next_page(
    client: FlaskClient, device: Authenticator, anonymous: FlaskClient
) -> None:
    assert "Sign in with a passkey" in anonymous.get("/account/login").text
    page = anonymous.post("/account/passkey", data={"next": "/account/change"}).text
    url, options = read_options(page)
    assert 'name="next" type="hidden" value="/account/change"' in page
    form = {"credential": device.sign(options), "next": "/account/change"}
    assert anonymous.post(url, data=form).location == "/account/change"


def test_login_by_passkey_does_not_redirect_to_another_site(
    device: Authenticator, anonymous: FlaskClient
) -> None:
    url, options = read_options(anonymous.post("/account/passkey").text)
    form = {"credential": device.sign(options), "next": "https://evil.example/"}
    assert "evil" not in (anonymous.post(url, data=form).location or "")


def test_passkey_stays_valid_after_a_change_of_password(
    app: Flask, client: FlaskClient, anonymous: FlaskClient, registered: str
) -> None:
    enter(client, registered)
    add(client, device := Authenticator())
    form = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
    assert client.post("/account/change", data=form).status_code == 302
    assert log_in_by_passkey(anonymous, device) == "/"
