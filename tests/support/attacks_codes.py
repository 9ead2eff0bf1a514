"""Attacks on the second factor by those who know the password already."""

import base64
import hmac
import re
import time

from attacks import World, attack, door
from http_client import Visitor

TRIES = 10  # after which an account is locked
CODE, RECOVERY, CODES = "/account/tf-validate", "/account/mf-recovery", "/account/mf-recovery-codes"
OTHER = "seven purple elephants dancing"
NEW = {"password": OTHER, "password_confirm": OTHER}


class App:
    """An authenticator app (RFC 6238).

    Parameters:
        key: what it was given, in Base32.
    """

    def __init__(self, key: str) -> None:
        self.key = base64.b32decode(key + "=" * (-len(key) % 8))
        self.step = int(time.time() // 30)

    def next(self) -> str:
        """Give a code, each time a newer one; those of now and of the next half minute are good at once."""
        digest = hmac.digest(self.key, self.step.to_bytes(8), "sha1")
        at = digest[-1] & 15
        self.step += 1
        return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def guarded(world: World) -> tuple[Visitor, App, list[str]]:
    """Give somebody with a second factor, who has logged out, what shows the codes, and codes for an emergency."""
    user = world.member()
    codes = re.findall(r"<code>([^<]+)</code>", user.fill(CODES).text)
    assert codes
    return user, set_up(world, user), codes


def set_up(world: World, user: Visitor) -> App:
    """Set an app up for somebody who is logged in and has codes, log them out, and give the app."""
    page = user.fill("/account/tf-setup", page=CODES, setup="authenticator").text
    key = re.search(r'class="secret">([^<]+)<', page)
    address = re.search(r'action="(/account/tf-setup/[^"]+)"', page)
    assert key
    assert address
    app = App(re.sub(r"[\s-]", "", key[1]))
    user.fill(address[1], page=CODES, code=app.next())
    assert "authenticator app" in world.mails.newest(user.email)
    user.fill("/account/logout", page="/account/")
    return app


def send(world: World, thief: Visitor, path: str, code: str, token: str) -> None:
    """Send a code in the session that waits for one, each time from another address."""
    thief.address = world.stranger().address
    thief.send("POST", path, {"code": code, "csrf_token": token})


@attack("send the right code after so many wrong ones that the account is locked", "out")
def code_after_lock(world: World) -> str:
    user, app, codes = guarded(world)
    thief = world.stranger(user.email)
    thief.log_in()
    token = thief.token(CODE)
    for number in range(TRIES):
        send(world, thief, CODE, f"no-code-{number}", token)
    send(world, thief, CODE, app.next(), token)
    send(world, thief, RECOVERY, codes[0], token)
    return door(thief)


@attack("guess a recovery code on and on", "out")
def guessed_recovery_code(world: World) -> str:
    user, _, codes = guarded(world)
    thief = world.stranger(user.email)
    thief.log_in()
    token = thief.token(RECOVERY)
    for number in range(TRIES):
        send(world, thief, RECOVERY, f"no-code-{number}", token)
    send(world, thief, RECOVERY, codes[0], token)
    return door(thief)


@attack("use a code of an app a second time", "out, owner in")
def replayed_code(world: World) -> str:
    user, app, _ = guarded(world)
    thief, code = world.stranger(user.email), app.next()
    for visitor in (user, thief):
        visitor.log_in()
        visitor.fill(CODE, code=code)
    return f"{door(thief)}, owner {door(user)}"


@attack("set up a second factor without recovery codes", "refused, refused")
def without_codes(world: World) -> str:
    user = world.member()
    app = user.fill("/account/tf-setup", page=CODES, setup="authenticator").text
    key = user.fill("/account/passkeys", name="Key", usage="secondary").text
    return ", ".join("refused" if "Generate recovery codes first" in text else "taken" for text in (app, key))


@attack("get around the second factor by the owner's mail", "told, out")
def mailbox_alone(world: World) -> str:
    user, _, _ = guarded(world)
    thief = world.stranger(user.email)
    thief.fill("/account/reset", email=user.email)
    link = world.mails.link(user.email)
    told = "Two-factor authentication stays on" in thief.get(link).text
    thief.fill(link, **NEW)
    told = told and "Two-factor authentication is on" in world.mails.newest(user.email)
    thief.log_in(OTHER)
    return f"{'told' if told else 'not told'}, {door(thief)}"


@attack("shut the owner out by a second factor of the thief", "told by mail, in after users reset-access")
def planted_factor(world: World) -> str:
    thief = world.member()
    thief.fill(CODES)
    set_up(world, thief)  # its owner gets a mail
    owner = world.stranger(thief.email)
    owner.fill("/account/reset", email=owner.email)
    owner.fill(world.mails.link(owner.email), **NEW)
    owner.log_in(OTHER)
    assert not owner.is_in
    world.run(".venv/bin/flask", "users", "reset-access", owner.email, "--yes")
    owner.log_in(OTHER)
    return f"told by mail, {door(owner)} after users reset-access"
