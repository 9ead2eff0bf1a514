"""Break each container in each way, and release a migration, while clients ask; print what was lost and for how long.

    PYTHONPATH=tests/support python tests/deployment/container_matrix.py [releases | CONTAINER...] [REPLICAS...]

Half an hour, on a machine of its own, less for some containers or for the releases alone; by default all, for one replica and for three.
docs/deployment.md has the tables.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from compose_stack import Stack, bake_for_image, stacked
from container_faults import FAULTS, add_migration, measure
from load import under_load
from project import free_port

SERVICES = ("web", "worker", "scheduler", "nginx", "postgres", "redis")


def table(stack: Stack, when: str, services: Iterable[str]) -> Iterator[str]:
    """Yield a row for each container and fault."""
    for service in services:
        for fault in FAULTS:
            seen = measure(stack, service, fault, jobs=True)
            kinds = ", ".join(f"{count} × {name}" for name, count in sorted(seen.kinds.items())) or "none"
            lost = f"{seen.requests} | {kinds} | {seen.back:.1f} s | {seen.slowest:.1f} s | {seen.export:.1f} s |"
            yield f"| {when} | `{service}` | {fault} | {lost}"


def under_load_while(stack: Stack, steps: Callable[[], object]) -> str:
    """Return how long steps took, what became of the requests meanwhile, and how often one was sent again."""
    with under_load(stack.connect, path="/notes/", seconds=1, pause=0.1) as load:
        time.sleep(1)
        begun = time.monotonic()
        steps()
        took = time.monotonic() - begun
        time.sleep(2)
    failed = sum(load.failed.values())
    return f"{took:.0f} s | {load.answers.total()} | {failed} | {load.repeated} | {load.slowest:.1f} s |"


def roll_back(stack: Stack) -> None:
    """Return to the release before, tables and all, as docs/operations.md of a project says."""
    stack.compose("run", "--rm", "backup")
    stack.compose("run", "--rm", "--no-deps", "release", "flask", "db", "downgrade")
    stack.make("deploy", "RELEASE=previous")
    (stack.folder / "migrations" / "versions" / "9999_colour.py").unlink()


def main(*words: str) -> None:
    """Print the rows of both tables, as they are measured."""
    choices = ("database=postgresql", "cache=redis", "jobs=celery")
    services = () if "releases" in words else [word for word in words if word in SERVICES] or SERVICES
    with tempfile.TemporaryDirectory() as folder:
        project = bake_for_image(Path(folder), "Matrix", *choices)
        with stacked(project, free_port(), free_port()) as stack:
            print("| replicas | container | fault | requests | lost | last one lost | slowest | export |")
            print("|---|---|---|---|---|---|---|---|")
            print("| replicas | release | took | requests | failed | sent again | slowest |", flush=True)
            settings = (project / ".env").read_text()
            for number in [word for word in words if word.isdigit()] or ("1", "3"):
                (project / ".env").write_text(f"{settings}\nWEB_REPLICAS={number}\n")
                stack.make("up")
                for row in table(stack, number, services):
                    print(row, flush=True)
                add_migration(stack)
                deployed = under_load_while(stack, lambda: stack.make("deploy"))
                print(f"| {number} | deploy with a migration | {deployed}", flush=True)
                for row in table(stack, f"{number}, after a release", services):
                    print(row, flush=True)
                rolled_back = under_load_while(stack, lambda: roll_back(stack))
                print(f"| {number} | backup, downgrade, rollback | {rolled_back}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
