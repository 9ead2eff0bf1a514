"""Attacks on the second factor by those who know the password already."""

import base64
import hmac
import re
import time

from attacks import World, attack, door
from visitor import Visitor

TRIES = 10  # after which an account is locked
CODE, RECOVERY = "/account/tf-validate", "/account/mf-recovery"


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
    page = user.fill("/account/tf-setup", setup="authenticator").text
    key = re.search(r'class="secret">([^<]+)<', page)
    address = re.search(r'action="(/account/tf-setup/[^"]+)"', page)
    assert key
    assert address
    app = App(re.sub(r"[\s-]", "", key[1]))
    user.fill(address[1], page="/account/tf-setup", code=app.next())
    codes = re.findall(r"<code>([^<]+)</code>", user.fill("/account/mf-recovery-codes").text)
    assert codes
    user.fill("/account/logout", page="/account/")
    return user, app, codes


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
