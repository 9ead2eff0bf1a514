"""Break a container in some way while clients ask, and see how many requests are lost and for how long."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from compose_stack import Stack
from load import under_load

FROZEN_SECONDS = 5
MIGRATION = '''"""A column that the previous release does not know."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade() -> None:
    """Add it."""
    op.add_column("notes", sa.Column("colour", sa.Text(), nullable=True))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("notes", "colour")
'''


@dataclass
class Outcome:
    """What a fault did.

    Parameters:
        requests: how many there were.
        lost: how many were anything but 200.
        kinds: how many of each kind.
        back: the seconds from the fault to the last request that was lost; 0 without any.
        slowest: the seconds that the longest response took.
        export: the seconds from the fault until an export, ordered after it, was made; None without jobs.
    """

    requests: int
    lost: int
    kinds: dict[str, int]
    back: float
    slowest: float
    export: float | None


def kill(stack: Stack, container: str) -> None:
    """Kill the first process of a container: by `docker kill` it would be meant to stay down."""
    pid = stack.run("docker", "inspect", "--format", "{{.State.Pid}}", container).strip()
    words = (
        "--pid",
        "host",
        "--user",
        "0",
        "--entrypoint",
        "sh",
        f"{stack.name}:latest",
        "-c",
        f"kill -9 {pid}",
    )
    stack.run("docker", "run", "--rm", *words)


def restart(stack: Stack, container: str) -> None:
    """Stop and start a container, as after a change of the host's Docker."""
    stack.run("docker", "restart", "--time", "35", container)


def freeze(stack: Stack, container: str) -> None:
    """Stop all processes of a container for some seconds."""
    stack.run("docker", "pause", container)
    time.sleep(FROZEN_SECONDS)
    stack.run("docker", "unpause", container)


def run_out_of_memory(stack: Stack, container: str) -> None:
    """Fill a container's memory until the kernel has killed something in it, and free it."""
    fill = "dd if=/dev/zero of=/tmp/fill bs=64k 2>/dev/null"
    stack.run("docker", "exec", container, "sh", "-c", fill, check=False)
    with suppress(AssertionError):  # it may be starting again, and its /tmp is empty then
        stack.run("docker", "exec", container, "rm", "-f", "/tmp/fill")


FAULTS: dict[str, Callable[[Stack, str], None]] = {
    "kill": kill,
    "restart": restart,
    "freeze": freeze,
    "out of memory": run_out_of_memory,
}


def measure(stack: Stack, service: str, fault: str, *, jobs: bool = False) -> Outcome:
    """Let twenty clients ask while a container of `service` meets a fault, until all are healthy again."""
    container = stack.container(service)
    with under_load(stack.connect, path="/notes/", seconds=4, pause=0.1) as load:
        time.sleep(1)
        begun = time.monotonic()
        FAULTS[fault](stack, container)
        export = order_and_wait(stack) - begun if jobs else None
        wait_until_healthy(stack)
        time.sleep(2)
    back = max(0.0, load.last_failure - begun)
    return Outcome(load.answers.total(), sum(load.failed.values()), load.failed, back, load.slowest, export)


def order_and_wait(stack: Stack) -> float:
    """Order an export as soon as it can be, and return when it was made, by the monotonic clock."""
    deadline = time.monotonic() + 180
    address = ""
    while time.monotonic() < deadline:
        with suppress(OSError):
            if not address:
                ordered = stack.ask("POST", "/api/v1/exports/")
                address = ordered.headers.get("Location", "") if ordered.status == 202 else ""
            elif (found := stack.ask("GET", address)).status == 200 and json.loads(found.text)[
                "state"
            ] == "done":
                return time.monotonic()
        time.sleep(0.2)
    raise AssertionError(stack.compose("ps", "--all"))


def wait_until_healthy(stack: Stack) -> None:
    """Wait until all containers are healthy, and the site answers."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        states = set(stack.compose("ps", "--format", "{{.Health}}").split())
        with suppress(OSError):
            if states == {"healthy"} and stack.ask("GET", "/notes/").status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(stack.compose("ps", "--all"))


def add_migration(stack: Stack) -> None:
    """Add a migration to the checkout."""
    said = stack.compose("run", "--rm", "--no-deps", "release", "flask", "db", "heads")
    (head,) = re.findall(r"^(\w+) \(head\)", said, re.MULTILINE)
    (stack.folder / "migrations" / "versions" / "9999_colour.py").write_text(MIGRATION.format(head=head))
