"""Attacks on addresses that are somebody else's, and what a new password by mail must end."""

import time
from concurrent.futures import ThreadPoolExecutor

from attacks import World, attack, bearer, door, status
from attacks_entry import NEW, OTHER
from attacks_inside import NOTES
from attacks_links import reset_link
from http_client import PASSWORD, Visitor


@attack("register an address before its owner does, and keep the password", "out, owner in")
def registered_before(world: World) -> str:
    thief = world.stranger(world.nobody())
    thief.fill("/account/register", email=thief.email, **NEW)
    world.mails.newest(thief.email)  # came unasked, and nobody followed it
    owner, chosen = world.stranger(thief.email), {"password": OTHER, "password_confirm": OTHER}
    owner.fill("/account/register", email=owner.email, **chosen)
    owner.fill(world.mails.link(owner.email), **chosen)
    thief.log_in(PASSWORD)
    owner.log_in(OTHER)
    return f"{door(thief)}, owner {door(owner)}"


@attack("register an address whose owner, or their mail scanner, opens the link", "out")
def confirmed_unread(world: World) -> str:
    thief = world.stranger(world.nobody())
    thief.fill("/account/register", email=thief.email, **NEW)
    world.stranger().get(world.mails.link(thief.email))
    thief.log_in(PASSWORD)
    return door(thief)


@attack("flood a mailbox with 20 mails from as many addresses", "10 at the most")
def flood(world: World) -> str:
    email = world.user().email

    def ask(visitor: Visitor) -> None:
        visitor.fill("/account/reset", email=email)
        visitor.fill("/account/register", email=email, **NEW)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ask, [world.stranger() for _ in range(10)]))
    end = time.monotonic() + 60
    came = held = 0
    while came + held < 20 and time.monotonic() < end:
        time.sleep(0.2)
        came = sum(mail["To"] == email for mail in world.mails.mails)
        held = sum(line["event"] == "mail rate-limited" for line in world.server.lines())
    return "10 at the most" if came <= 10 and came + held == 20 else f"{came}"  # 5 for each worker


@attack("use a token after the password was reset by mail", "200, 401 problem")
def token_after_reset(world: World) -> str:
    owner = world.user()
    headers = bearer(world.api_token(owner))
    before = status(world.stranger().get(NOTES, **headers))
    link = reset_link(world, owner.email)
    world.stranger().fill(link, password=OTHER, password_confirm=OTHER)
    return f"{before}, {status(world.stranger().get(NOTES, **headers))}"
