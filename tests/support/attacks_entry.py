"""Attacks by those who are not in: who has an account, and what opens it?"""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urljoin, urlsplit

from attacks import World, attack, door, same, same_time
from http_client import PASSWORD, Visitor

OTHER = "seven purple elephants dancing"
LOCKED_UNTIL = """
import sys
from app import create_app
from app.auth import services
with create_app().app_context():
    until = services.get_user(sys.argv[1]).locked_until
    assert until
    print(until)
"""
NEW = {"password": PASSWORD, "password_confirm": PASSWORD}


@attack("log in: wrong password or unknown address?", "same")
def log_in_answer(world: World) -> str:
    known, unknown = world.user(), world.stranger(world.nobody())
    return same(known.log_in("wrong"), unknown.log_in("wrong"))


@attack("log in: do they take the same time?", "same time")
def log_in_time(world: World) -> str:
    known, unknown = world.user(), world.stranger(world.nobody())
    forms = [
        {"email": who.email, "password": "wrong", "csrf_token": who.token("/account/login")}
        for who in (known, unknown)
    ]
    return same_time(
        lambda: known.send("POST", "/account/login", forms[0]),
        lambda: unknown.send("POST", "/account/login", forms[1]),
    )


@attack("register: is the address taken?", "same")
def register_answer(world: World) -> str:
    answers = []
    for email in (world.user().email, world.nobody()):
        visitor = world.stranger()
        visitor.fill("/account/register", email=email, **NEW)
        answers.append(visitor.get("/account/login"))
    return same(*answers)


@attack("register: do both take the same time?", "same time")
def register_time(world: World) -> str:
    taken, visitor = world.user().email, world.stranger()
    token = visitor.token("/account/register")

    def register(email: str) -> None:
        visitor.address = world.stranger().address
        visitor.send("POST", "/account/register", {"email": email, "csrf_token": token, **NEW})

    return same_time(lambda: register(taken), lambda: register(world.nobody()))


@attack("forgotten password: is there such an account?", "same")
def reset_answer(world: World) -> str:
    addresses = (world.user().email, world.nobody())
    return same(*(world.stranger().fill("/account/reset", email=email) for email in addresses))


@attack("forgotten password: do both take the same time?", "same time")
def reset_time(world: World) -> str:
    known, unknown, visitor = world.user().email, world.nobody(), world.stranger()
    token = visitor.token("/account/reset")

    def ask(email: str) -> None:
        visitor.send("POST", "/account/reset", {"email": email, "csrf_token": token})

    return same_time(lambda: ask(known), lambda: ask(unknown))


@attack("mail to confirm once more: is there such an account?", "same")
def confirm_answer(world: World) -> str:
    addresses = (world.user().email, world.nobody())
    return same(*(world.stranger().fill("/account/confirm", email=email) for email in addresses))


@attack("log in before the address is confirmed", "same, out")
def unconfirmed(world: World) -> str:
    visitor = world.stranger(world.nobody())
    visitor.fill("/account/register", email=visitor.email, **NEW)
    visitor.get("/account/login")
    right, wrong = visitor.log_in(), visitor.log_in("wrong")
    return f"{same(right, wrong)}, {door(visitor)}"


@attack("guess the password of one account from many addresses", "same, out")
def guess_from_many(world: World) -> str:
    victim = world.user()
    for _ in range(10):
        world.stranger(victim.email).log_in("wrong")
    late = world.stranger(victim.email)
    wrong, right = late.log_in("wrong"), late.log_in()
    return f"{same(right, wrong)}, {door(late)}"


@attack("lock somebody out by wrong passwords, for good", "not extended, owner in")
def locked_out(world: World) -> str:
    victim = world.user()
    ends = set()
    for _ in range(2):
        for _ in range(10):
            world.stranger(victim.email).log_in("wrong")
        ends.add(world.run(".venv/bin/python", "-c", LOCKED_UNTIL, victim.email))
    world.stranger().fill("/account/reset", email=victim.email)
    world.stranger().fill(world.mails.link(victim.email), password=OTHER, password_confirm=OTHER)
    victim.log_in(OTHER)
    return f"{'not extended' if len(ends) == 1 else 'extended'}, owner {door(victim)}"


@attack("guess on and on from one address", "429")
def guess_from_one(world: World) -> str:
    visitor = world.stranger(world.nobody())
    token = visitor.token("/account/login")
    seen = 200
    for _ in range(30):  # each worker counts for itself
        form = {"email": world.nobody(), "password": "wrong", "csrf_token": token}
        seen = visitor.send("POST", "/account/login", form).status
        if seen != 200:
            break
    return str(seen)


@attack("log in to an account that is deactivated", "same, out")
def deactivated(world: World) -> str:
    victim = world.user()
    world.run(".venv/bin/flask", "users", "deactivate", victim.email)
    return f"{same(victim.log_in(), victim.log_in('wrong'))}, {door(victim)}"


@attack("SQL in the address and the password", "out")
def injection(world: World) -> str:
    visitor = world.stranger("' OR 1=1 --@example.com")
    visitor.log_in("' OR '1'='1")
    visitor.email = world.user().email
    visitor.log_in("' OR '1'='1")
    return door(visitor)


@attack("register an address again in capitals", "no second account")
def capitals(world: World) -> str:
    victim = world.user()
    visitor = world.stranger(victim.email.upper())
    visitor.fill("/account/register", email=visitor.email, password=OTHER, password_confirm=OTHER)
    text = world.mails.newest(victim.email)
    visitor.log_in(OTHER)
    return "no second account" if "already has an account" in text and not visitor.is_in else "two"


@attack("register with a password that everybody knows", "refused")
def common(world: World) -> str:
    passwords = ("password1234", "qwertyuiop", "iloveyou12", "1234567890", "Passw0rd123!")
    texts = [
        world.stranger().fill("/account/register", email=world.nobody(), password=each, password_confirm=each)
        for each in passwords
    ]
    return "refused" if all('aria-invalid="true"' in answer.text for answer in texts) else "taken"


@attack("keep the server busy with a password of 400 000 characters", "refused in time")
def long_password(world: World) -> str:
    visitor, text, started = world.stranger(), "aB3$" * 100_000, time.monotonic()
    answer = visitor.fill("/account/register", email=world.nobody(), password=text, password_confirm=text)
    quick = time.monotonic() - started < 5
    return "refused in time" if quick and answer.status in (200, 413) else f"{answer.status}"


@attack("keep the server busy with 8 passwords of signs that look like letters", "in time")
def signs(world: World) -> str:
    text = ("4@8({[<3691!|70$5+%2" * 4)[:72]

    def register(visitor: Visitor) -> None:
        visitor.fill("/account/register", email=world.nobody(), password=text, password_confirm=text)

    visitors, started = [world.stranger() for _ in range(8)], time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(register, visitors))
    seconds = time.monotonic() - started
    return "in time" if seconds < 8 else f"{seconds:.0f} s"


@attack("keep the server busy with a password of 96 000 accents", "in time")
def accents(world: World) -> str:
    visitor = world.stranger()
    form = {
        "email": world.nobody(),
        "password_confirm": "x",
        "csrf_token": visitor.token("/account/register"),
    }
    body = f"{urlencode(form)}&password=a".encode() + "\u0301\u0327".encode() * 48_000
    headers = {"Content_Type": "application/x-www-form-urlencoded", "Referer": f"https://{visitor.host}/"}
    started = time.monotonic()
    status = visitor.send("POST", "/account/register", body, **headers).status
    seconds = time.monotonic() - started
    return "in time" if seconds < 5 and status == 200 else f"{status}, {seconds:.0f} s"


@attack("log somebody in with a form of another site", "400, out")
def forged_log_in(world: World) -> str:
    user = world.user()
    answer = user.send("POST", "/account/login", {"email": user.email, "password": PASSWORD})
    return f"{answer.status}, {door(user)}"


@attack("log somebody in with the Referer of another site, a malformed one or none", "400, out")
def foreign_referer(world: World) -> str:
    user = world.user()
    form = {"email": user.email, "password": PASSWORD, "csrf_token": user.token("/account/login")}
    sent = ("https://evil.example/", f"https://{user.host}.evil.example/", f"http://{user.host}/", "")
    malformed = (
        "https://[",
        "https://[::1",
        f"https://{user.host.partition(':')[0]}:99999999/",
        "https://a:b/",
    )
    statuses = {user.send("POST", "/account/login", form, Referer=each).status for each in sent + malformed}
    return f"{', '.join(map(str, sorted(statuses)))}, {door(user)}"


@attack("log in with the form's token of another session", "400, out")
def borrowed_token(world: World) -> str:
    user, token = world.user(), world.stranger().token("/account/login")
    user.get("/account/login")
    form = {"email": user.email, "password": PASSWORD, "csrf_token": token}
    return f"{user.send('POST', '/account/login', form).status}, {door(user)}"


@attack("log in by JSON, past the form", "415, out")
def by_json(world: World) -> str:
    user = world.user()
    body = f'{{"email": "{user.email}", "password": "{PASSWORD}"}}'
    token = user.token("/account/login")
    answer = user.send(
        "POST",
        "/account/login",
        body,
        Content_Type="application/json",
        X_CSRFToken=token,
        Referer=f"https://{user.host}/",
    )
    return f"{answer.status}, {door(user)}"


@attack("be led to another site by the log-in", "stays here")
def open_redirect(world: World) -> str:
    places = (
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
    )
    user = world.user()
    for place in (*places, "javascript:alert(1)", "https:evil.example", "/\t/evil.example"):
        user.cookies.clear()
        user.address = world.stranger().address
        where = user.log_in(next=place).headers["Location"] or "/"
        if urlsplit(urljoin(f"https://{user.host}/account/login", where)).netloc != user.host:
            return where
    return "stays here"
