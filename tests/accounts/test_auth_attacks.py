"""Accounts under attack: the project's Gunicorn in production, a real mail server's protocol, two workers."""

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import attacks_codes
import attacks_entry
import attacks_inside
import attacks_links
import attacks_mails
import attacks_passkeys
import pytest
from attacks import TABLE, World
from http_client import PASSWORD
from job_processes import SCHEDULER, WORKER, Jobs
from mail_server import mailbox
from production import in_production
from project import PRODUCTION, Project
from redis_server import RedisServer
from workspace import TEMPLATE

with_accounts = pytest.mark.parametrize("project", ["full"], indirect=True)
MODULES = (attacks_entry, attacks_links, attacks_inside, attacks_mails, attacks_codes, attacks_passkeys)


@pytest.fixture
def world(project: Project, redis_server: RedisServer, tmp_path: Path) -> Iterator[World]:
    """The server as it runs behind a proxy, on the project's own database, and a worker that sends its mail."""
    database = project.environment.get("DATABASE_URL") or f"sqlite:///{tmp_path / 'attacks.db'}"
    settings = PRODUCTION | {"DATABASE_URL": database, "PROXY_HOPS": "1", "BROKER_URL": redis_server.url}
    project.run(".venv/bin/flask", "db", "upgrade", **settings)
    with mailbox() as mails:
        settings |= {"MAIL_URL": mails.url, "TOTP_SECRET": PRODUCTION["SECRET_KEY"][::-1]}
        jobs = Jobs(project, tmp_path, **settings)
        with (
            jobs.running(*SCHEDULER),  # for a mail that did not come through at once
            jobs.running(*WORKER),
            in_production(project, tmp_path / "log", **settings) as server,
        ):
            yield World(project, server, mails, settings, prefix=secrets.token_hex(3))


def test_table_is_long():
    assert len(TABLE) >= 30
    assert sum(len([name for name in vars(module) if name[0] != "_"]) for module in MODULES) > len(TABLE)


def test_documentation_says_what_is_tried_and_seen():
    text = (TEMPLATE / "docs" / "production.md").read_text(encoding="utf-8")
    section = text.partition("## Attacks on accounts")[2].partition("\n## ")[0]
    rows = {line for line in section.splitlines() if line.startswith("| ")} - {"| tried | seen |"}
    assert rows == {f"| {name} | {expected} |" for name, (_, expected) in TABLE.items()}


@with_accounts
def test_every_attack_fails_as_the_table_says(world: World, tmp_path: Path):
    seen = {name: attack(world) for name, (attack, _) in TABLE.items()}
    assert seen == {name: expected for name, (_, expected) in TABLE.items()}
    lines = world.server.lines()
    assert not [line for line in lines if "exception" in line]
    text = world.server.log.read_text() + (tmp_path / "worker.log").read_text()
    assert re.search(r"mail_task[.]send_mail\[[-\w]+\] succeeded", text)
    assert PASSWORD not in text
    assert not re.search(r"/account/(reset|confirm)/[^.<]", text), "a link is for who has the mail"
    assert "@example.com" not in text, "who has an account is not for the logs"
    assert "api_" not in text.replace("api_v", "").replace("api_tokens", "")


@with_accounts
def test_attack_that_works_is_noticed(world: World):
    """The same eyes see a door that is open."""
    user = world.member()
    assert user.copy().is_in
    assert attacks_inside.status(user.get("/account/users")) == "403"
    world.run(".venv/bin/flask", "users", "promote", user.email)
    assert attacks_inside.status(user.get("/account/users")) == "200"
