"""Attacks on passkeys; those that need a device's key are in the project's own tests."""

import json
import re

from attacks import World, attack, door
from http_client import Visitor

ASKED = re.compile(r'action="(/account/passkey/[^"]+)" data-passkey="get" data-options="([^"]+)"')


def ask(visitor: Visitor, **fields: str) -> str:
    """Begin to log in with a passkey, and give the page."""
    return visitor.fill("/account/passkey", page="/account/login", **fields).text


@attack("passkeys: does the address have one?", "same")
def passkey_of_whom(world: World) -> str:
    pages = {
        re.sub(r'value="[^"]*"', "", ASKED.sub("", ask(world.stranger(), identity=email)))
        for email in (world.user().email, world.nobody())
    }
    return "same" if len(pages) == 1 else f"{len(pages)} answers"


@attack("add a passkey with a form of another site", "400")
def forged_passkey(world: World) -> str:
    return str(world.member().send("POST", "/account/passkeys", {"name": "x", "usage": "first"}).status)


@attack("log in with a passkey that was made up", "302, out")
def invented_passkey(world: World) -> str:
    thief = world.stranger()
    found = ASKED.search(ask(thief))
    assert found
    words = dict.fromkeys(("clientDataJSON", "authenticatorData", "signature", "userHandle"), "AAAA")
    sent = json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": words})
    answer = thief.fill(found[1], page="/account/login", credential=sent)
    return f"{answer.status}, {door(thief)}"
