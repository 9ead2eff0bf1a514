"""Attacks with cookies and with the links that come by mail."""

import re

from attacks import World, attack, door
from attacks_entry import OTHER
from http_client import PASSWORD, Visitor

NEW = {"password": OTHER, "password_confirm": OTHER}
CHANGE = {"password": PASSWORD, "new_password": OTHER, "new_password_confirm": OTHER}
SESSION, REMEMBER = "__Host-session", "__Host-remember"


def reset_link(world: World, email: str) -> str:
    """Let the server send a link for a new password."""
    world.stranger().fill("/account/reset", email=email)
    return world.mails.link(email)


@attack("plant a session before somebody logs in", "out")
def fixation(world: World) -> str:
    attacker = world.stranger()
    attacker.get("/account/login")
    victim = world.user()
    victim.cookies = dict(attacker.cookies)
    victim.log_in()
    assert victim.is_in
    return door(attacker)


@attack("plant the token of forms before somebody logs in", "400")
def planted_token(world: World) -> str:
    victim = world.user()
    token = victim.token("/account/login")
    victim.log_in()
    return str(victim.send("POST", "/account/logout", {"csrf_token": token}).status)


@attack("use a copied session after the log-out", "out")
def after_log_out(world: World) -> str:
    victim = world.member()
    thief = victim.copy()
    assert thief.is_in
    victim.fill("/account/logout", page="/account/")
    return door(thief)


@attack("use a copied remember-me cookie after the log-out", "out")
def remembered_after_log_out(world: World) -> str:
    victim = world.member(remember="y")
    thief = victim.copy()
    del thief.cookies[SESSION]
    assert thief.copy().is_in
    victim.fill("/account/logout", page="/account/")
    return door(thief)


@attack("use another device's session after a change of password", "out, owner in")
def after_change(world: World) -> str:
    victim = world.member()
    thief = victim.copy()
    victim.fill("/account/change", **CHANGE)
    return f"{door(thief)}, owner {door(victim)}"


@attack("use a stolen remember-me cookie after a change of password", "out")
def remembered_after_change(world: World) -> str:
    victim = world.member(remember="y")
    thief = victim.copy()
    del thief.cookies[SESSION]
    victim.fill("/account/change", **CHANGE)
    return door(thief)


@attack("use a session after the password was reset by mail", "out")
def after_reset(world: World) -> str:
    victim = world.member()
    thief = victim.copy()
    link = reset_link(world, victim.email)
    world.stranger().fill(link, **NEW)
    return door(thief)


@attack("change the session in the cookie", "out")
def forged_session(world: World) -> str:
    thief = world.member().copy()
    data, _, rest = thief.cookies[SESSION].partition(".")
    thief.cookies = {SESSION: f"{data[:-2]}AA.{rest}"}
    return door(thief)


@attack("change the account in the remember-me cookie", "out")
def forged_remember(world: World) -> str:
    thief = world.member(remember="y").copy()
    _, _, signature = thief.cookies[REMEMBER].partition("|")
    thief.cookies = {REMEMBER: f"0123456789abcdef0123456789abcdef|{signature}"}
    return door(thief)


@attack("log somebody out by a link", "405, in")
def log_out_by_link(world: World) -> str:
    victim = world.member()
    return f"{victim.get('/account/logout').status}, {door(victim)}"


@attack("log somebody out with a form of another site", "400, in")
def forged_log_out(world: World) -> str:
    victim = world.member()
    return f"{victim.send('POST', '/account/logout', {}).status}, {door(victim)}"


@attack("change a password with a form of another site", "400")
def forged_change(world: World) -> str:
    return str(world.member().send("POST", "/account/change", CHANGE).status)


@attack("change a password without the old one", "out")
def change_without_old(world: World) -> str:
    victim = world.member()
    for old in ("", "wrong"):
        victim.fill("/account/change", **CHANGE | {"password": old})
    thief = world.stranger(victim.email)
    thief.log_in(OTHER)
    return door(thief)


@attack("use a link for a new password twice", "out")
def reset_twice(world: World) -> str:
    victim = world.user()
    link = reset_link(world, victim.email)
    world.stranger().fill(link, **NEW)
    thief = world.stranger(victim.email)
    thief.fill(link, page="/account/login", password=PASSWORD, password_confirm=PASSWORD)
    thief.log_in()
    return door(thief)


@attack("use an older link for a new password after the password was changed", "out")
def reset_after_change(world: World) -> str:
    victim = world.member()
    link = reset_link(world, victim.email)
    victim.fill("/account/change", **CHANGE)
    thief = world.stranger(victim.email)
    other = "nine green umbrellas singing"
    thief.fill(link, page="/account/login", password=other, password_confirm=other)
    thief.log_in(other)
    return door(thief)


@attack("change one character of a link for a new password", "out")
def forged_reset(world: World) -> str:
    victim = world.user()
    link = reset_link(world, victim.email)
    token = link.rpartition("/")[2]
    swapped = ("A" if token[3] != "A" else "B").join([token[:3], token[4:]])
    thief = world.stranger(victim.email)
    thief.fill(link.replace(token, swapped), page="/account/login", **NEW)
    thief.log_in(OTHER)
    return door(thief)


@attack("use a link for a new password to confirm, and the other way round", "out, out")
def exchanged_links(world: World) -> str:
    new = world.stranger(world.nobody())
    new.fill("/account/register", email=new.email, password=PASSWORD, password_confirm=PASSWORD)
    confirmation = world.mails.link(new.email).rpartition("/")[2]
    thief = world.stranger(new.email)
    thief.fill(f"/account/reset/{confirmation}", page="/account/login", **NEW)
    thief.log_in(OTHER)
    user = world.user()
    token = reset_link(world, user.email).rpartition("/")[2]
    visitor = world.stranger()
    visitor.get(f"/account/confirm/{token}")
    return f"{door(thief)}, {door(visitor)}"


def mailed_host(world: World, visitor: Visitor, **headers: str) -> str:
    """Ask for a link under other names, and give the host in the mail."""
    victim = world.user()
    form = {"email": victim.email, "csrf_token": visitor.token("/account/reset")}
    answer = visitor.send("POST", "/account/reset", form, **headers)
    if answer.status != 200:
        return str(answer.status)
    found = re.search(r"https?://([^/]+)/", world.mails.newest(victim.email))
    return found[1].partition(":")[0] if found else "no link"


@attack("have the link point to another host by the Host header", "400")
def poisoned_host(world: World) -> str:
    return mailed_host(world, world.stranger(), Host="evil.example")


@attack("have the link point to another port and to plain HTTP", "https://127.0.0.1/")
def poisoned_origin(world: World) -> str:
    victim, visitor = world.user(), world.stranger()
    form = {"email": victim.email, "csrf_token": visitor.token("/account/reset")}
    visitor.send("POST", "/account/reset", form, Host="127.0.0.1:9", X_Forwarded_Proto="http")
    found = re.search(r"https?://[^/]+/", world.mails.newest(victim.email))
    return found[0] if found else "no link"


@attack("have the link point to another host by X-Forwarded-Host", "127.0.0.1")
def poisoned_forwarded_host(world: World) -> str:
    return mailed_host(world, world.stranger(), X_Forwarded_Host="evil.example")
