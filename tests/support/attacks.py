"""The table of attacks on accounts, and the world in which they happen."""

import itertools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from http_client import PASSWORD, Visitor
from mail_server import Mailbox
from production import Server
from project import Answer, Project

MAKE = """
import sys
from app import create_app
from app.auth import services
with create_app().app_context():
    for email in sys.argv[2:]:
        services.create_user(email, sys.argv[1])
"""


@dataclass
class World:
    """A server, its mail, and accounts that nobody has used yet.

    Parameters:
        project: what is served.
        server: the running server.
        mails: where its mail goes.
        settings: what the server was told.
        prefix: what its addresses begin with, in a database that others have used.
    """

    project: Project
    server: Server
    mails: Mailbox
    settings: dict[str, str]
    prefix: str = ""
    fresh: list[str] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def stranger(self, email: str = "") -> Visitor:
        """Give somebody who is not logged in."""
        return Visitor(self.server.url, email)

    def nobody(self) -> str:
        """Give an address that has no account."""
        return f"nobody{self.prefix}{next(self.numbers)}@example.com"

    def user(self) -> Visitor:
        """Give somebody who has an account and is not logged in; accounts are made by the dozen."""
        if not self.fresh:
            self.fresh = [f"user{self.prefix}{next(self.numbers)}@example.com" for _ in range(24)]
            self.run(".venv/bin/python", "-c", MAKE, PASSWORD, *self.fresh)
        return self.stranger(self.fresh.pop())

    def member(self, **fields: str) -> Visitor:
        """Give somebody who is logged in."""
        user = self.user()
        user.log_in(**fields)
        assert user.is_in
        return user

    def run(self, *command: str) -> str:
        """Run a command of the project on the server's database."""
        return self.project.run(*command, **self.settings)

    def api_token(self, user: Visitor, *words: str) -> str:
        """Make a token for somebody by command."""
        output = self.run(".venv/bin/flask", "users", "token", user.email, *words)
        return next(line for line in output.splitlines() if line.startswith("api_"))


Attack = Callable[[World], str]
TABLE: dict[str, tuple[Attack, str]] = {}


def attack(name: str, expected: str) -> Callable[[Attack], Attack]:
    """Enter an attack into the table.

    Parameters:
        name: what is tried.
        expected: what is seen when it fails.
    """

    def enter(function: Attack) -> Attack:
        assert name not in TABLE
        TABLE[name] = (function, expected)
        return function

    return enter


def same(*answers: Answer) -> str:
    """Say whether answers look alike, but for what differs between any two, and the address that was typed."""
    plain = {
        (
            answer.status,
            answer.headers["Location"],
            re.sub(r'value="[^"]*"|[\w.]+@example\.com|<code>[0-9a-f]{32}</code>', "", answer.text),
        )
        for answer in answers
    }
    return "same" if len(plain) == 1 else f"{len(plain)} answers"


def same_time(first: Callable[[], object], second: Callable[[], object]) -> str:
    """Say whether two things take the same time: the shortest of some tries, within 50 ms."""
    shortest = [9.0, 9.0]
    for _ in range(4):
        for index, action in enumerate((first, second)):
            started = time.monotonic()
            action()
            shortest[index] = min(shortest[index], time.monotonic() - started)
    apart = abs(shortest[0] - shortest[1])
    return "same time" if apart < 0.05 else f"{apart:.3f} s apart"


def door(visitor: Visitor) -> str:
    """Say whether somebody is in."""
    return "in" if visitor.is_in else "out"


def bearer(token: str) -> dict[str, str]:
    """Give the headers of a program."""
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def status(answer: Answer) -> str:
    """Give the status, and whether an error of the API is a problem document."""
    if answer.headers.get_content_type() == "application/problem+json":
        return f"{json.loads(answer.text)['status']} problem"
    return str(answer.status)
