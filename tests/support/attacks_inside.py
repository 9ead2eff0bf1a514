"""Attacks by those who have an account, or a token: on what belongs to others."""

import json
import re

from attacks import World, attack, bearer, door, status
from http_client import PASSWORD

NOTES = "/api/v1/notes/"
JSON = {"Content_Type": "application/json"}


def note(world: World) -> str:
    """Let somebody write a note, and give its number."""
    owner = world.member()
    owner.fill("/notes/new", title="Mine alone")
    found = re.search(r'href="/notes/(\d+)"', owner.get("/notes/").text)
    assert found
    return found[1]


@attack("read, change and delete somebody's note on its pages", "404 404 404 404")
def others_pages(world: World) -> str:
    number, thief = note(world), world.member()
    page = f"/notes/{number}"
    answers = (
        thief.get(page),
        thief.get(f"{page}/edit"),
        thief.fill(f"{page}/edit", page="/notes/new", title="Stolen"),
        thief.fill(f"{page}/delete", page="/notes/new"),
    )
    return " ".join(status(answer) for answer in answers)


@attack("read, replace, change and delete somebody's note by the API", "404 problem")
def others_resources(world: World) -> str:
    number, thief = note(world), world.stranger()
    token = bearer(world.api_token(world.user()))
    body = '{"title": "Stolen"}'
    answers = [
        thief.get(f"{NOTES}{number}", **token),
        thief.send("PUT", f"{NOTES}{number}", body, **JSON, **token),
        thief.send("DELETE", f"{NOTES}{number}", **token),
        thief.get(f"/api/v2/notes/{number}", **token),
        thief.send("PATCH", f"/api/v2/notes/{number}", body, **JSON, **token),
        thief.send("DELETE", f"/api/v2/notes/{number}", **token),
    ]
    return " ".join(sorted({status(answer) for answer in answers}))


@attack("find somebody's notes in lists", "[]")
def others_lists(world: World) -> str:
    note(world)
    token = bearer(world.api_token(world.user()))
    first = world.stranger().get(NOTES, **token)
    assert json.loads(world.stranger().get("/api/v2/notes/?before=2147483647", **token).text)["items"] == []
    return first.text.strip()


@attack("give a note to somebody else, or take one, by a field", "422 problem")
def mass_assignment(world: World) -> str:
    token = bearer(world.api_token(world.user()))
    body = '{"title": "Planted", "owner_id": 1}'
    return status(world.stranger().send("POST", NOTES, body, **JSON, **token))


@attack("register as an admin by fields of the form", "403")
def register_as_admin(world: World) -> str:
    visitor = world.stranger(world.nobody())
    more = {"roles": "admin", "active": "y", "confirmed_at": "2026-01-01", "is_admin": "1"}
    visitor.fill(
        "/account/register", email=visitor.email, password=PASSWORD, password_confirm=PASSWORD, **more
    )
    visitor.log_in()
    assert not visitor.is_in
    visitor.fill(world.mails.link(visitor.email), password=PASSWORD)
    assert visitor.is_in
    return str(visitor.get("/account/users").status)


@attack("open the page of all accounts", "403")
def admin_page(world: World) -> str:
    return str(world.member().get("/account/users").status)


@attack("deactivate somebody", "403, in")
def deactivate(world: World) -> str:
    victim, thief = world.member(), world.member()
    seen = {
        thief.fill(f"/account/users/{number}/deactivate", page="/account/").status for number in range(1, 4)
    }
    return f"{seen.pop()}, {door(victim)}" if len(seen) == 1 else str(seen)


@attack("see and revoke somebody's token", "404, still good")
def others_token(world: World) -> str:
    owner, thief = world.user(), world.member()
    token = world.api_token(owner, "--name", "Owners own")
    seen = {
        thief.fill(f"/account/tokens/{number}/revoke", page="/account/").status for number in range(1, 60)
    }
    assert "Owners own" not in thief.get("/account/tokens").text
    good = world.stranger().get(NOTES, **bearer(token)).status == 200
    return f"{seen.pop()}, {'still good' if good else 'gone'}" if len(seen) == 1 else str(seen)


@attack("use a token after it was revoked", "200, 401 problem")
def revoked_token(world: World) -> str:
    owner = world.member()
    headers = bearer(world.api_token(owner))
    before = status(owner.get(NOTES, **headers))
    found = re.search(r"/account/tokens/\d+/revoke", owner.get("/account/tokens").text)
    assert found
    owner.fill(found[0], page="/account/tokens")
    return f"{before}, {status(world.stranger().get(NOTES, **headers))}"


@attack("use a token of an account that was deactivated", "401 problem")
def token_of_deactivated(world: World) -> str:
    owner = world.user()
    headers = bearer(world.api_token(owner))
    world.run(".venv/bin/flask", "users", "deactivate", owner.email)
    return status(world.stranger().get(NOTES, **headers))


@attack("use a token after its last day", "401 problem")
def expired_token(world: World) -> str:
    token = world.api_token(world.user(), "--name", "expired")
    world.run(
        ".venv/bin/python",
        "-c",
        "from app import create_app; from app.extensions import db; from app.models import ApiToken, base;"
        "create_app().app_context().push();"
        "db.session.query(ApiToken).filter_by(name='expired').update({'expires': base.utc_now()}); db.session.commit()",
    )
    return status(world.stranger().get(NOTES, **bearer(token)))


@attack("write with a token for reading", "403 problem")
def reading_token(world: World) -> str:
    headers = bearer(world.api_token(world.user(), "--scope", "read"))
    return status(world.stranger().send("POST", NOTES, '{"title": "x"}', **JSON, **headers))


@attack("use the API with a browser's session", "401 problem")
def session_at_the_api(world: World) -> str:
    return status(world.member().get(NOTES))


@attack("send a token where logs and browsers keep it, in the address", "401 problem")
def token_in_the_address(world: World) -> str:
    token = world.api_token(world.user())
    return status(world.stranger().get(f"{NOTES}?access_token={token}&auth_token={token}&token={token}"))


@attack("use the library's own kind of token", "401 problem, out")
def library_token(world: World) -> str:
    thief = world.stranger()
    token = world.member().cookies["__Host-session"]
    answers = thief.get(NOTES, Authentication_Token=token), thief.get("/account/", Authentication_Token=token)
    return f"{status(answers[0])}, {'in' if answers[1].status == 200 else 'out'}"


@attack("have the API read a body before it knows who sends it", "401 problem")
def body_before_token(world: World) -> str:
    return status(world.stranger().send("POST", NOTES, "{" * 10_000, **JSON))


@attack("put a script into the name of a token", "escaped")
def script_in_a_name(world: World) -> str:
    user = world.member()
    user.fill("/account/tokens", name="<script>alert(1)</script>", scopes="read", days="1")
    text = user.get("/account/tokens").text
    return "escaped" if "&lt;script&gt;" in text and "<script>alert" not in text else "runs"


@attack("frame the log-in page, or find an account's page in a cache", "DENY, no-store")
def framed(world: World) -> str:
    page, own = world.stranger().get("/account/login"), world.member().get("/account/")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    kept = [word.strip() for word in own.headers["Cache-Control"].split(",")]
    return f"{page.headers['X-Frame-Options']}, {'no-store' if 'no-store' in kept else kept}"


@attack("read the cookies by a script, over plain HTTP or from another site", "closed")
def open_cookies(world: World) -> str:
    user = world.user()
    lines = user.log_in(remember="y").headers.get_all("Set-Cookie", [])
    closed = all({"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; ")) for line in lines)
    return "closed" if closed and len(lines) == 2 else str(lines)
