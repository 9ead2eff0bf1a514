"""A project's worker and scheduler in their production configuration, and jobs to try them with."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from project import PRODUCTION, Project, whole_lines

# Tasks as the project's docs teach them: the effect is idempotent in its own row. And one that does harm.
PROBE = """
import os, signal, time
from app.extensions import db
from celery import shared_task
from sqlalchemy import text

@shared_task(acks_late=True, autoretry_for=(Exception,), retry_backoff=1, max_retries=5)
def leave_mark(number):
    time.sleep(0.1)
    db.session.execute(text("INSERT INTO marks (number) VALUES (:number) ON CONFLICT DO NOTHING"), {"number": number})
    db.session.commit()

@shared_task(bind=True, acks_late=True, autoretry_for=(Exception,), retry_backoff=1, max_retries=5)
def leave_mark_at_second_try(self, number):
    if not self.request.retries:
        raise LookupError("on purpose")
    leave_mark(1000 + number)

@shared_task(acks_late=True, autoretry_for=(Exception,), retry_backoff=1, max_retries=2)
def fail_for_good(number):
    raise LookupError("on purpose")

@shared_task(acks_late=True)
def end_worker(number):
    os.kill(os.getpid(), signal.SIGKILL)

from worker import celery
"""
SEND = """
import sys
from app import create_app
import probe

with create_app().app_context():
    for number in range(int(sys.argv[2])):
        getattr(probe, sys.argv[1]).delay(number)
"""
WORKER = ("worker",)
SCHEDULER = ("beat", "--scheduler", "celery.beat:Scheduler")


class Jobs:
    """The jobs of a project with a broker and a database.

    Parameters:
        project: whose they are.
        folder: for logs and for the jobs above.
        settings: variables beside those that production demands.
    """

    def __init__(self, project: Project, folder: Path, **settings: str) -> None:
        self.project = project
        self.folder = folder
        (folder / "probe.py").write_text(PROBE)
        self.settings = (
            PRODUCTION | project.environment | settings | {"PYTHONPATH": f"{folder}:{project.path}"}
        )

    @contextmanager
    def running(
        self, *command: str, before: tuple[str, ...] = (), **settings: str
    ) -> Iterator["subprocess.Popen[bytes]"]:
        """Run the worker or the scheduler, and leave no process behind.

        Parameters:
            command: which, and its words.
            before: what Python is to run that becomes it.
            settings: variables for this one alone.
        """
        programs = self.project.path / ".venv/bin"
        first = [programs / "python", *before, "celery"] if before else [programs / "celery"]
        with (self.folder / f"{command[0]}.log").open("ab") as out:
            process = subprocess.Popen(
                [*first, "-A", "probe", "--quiet", *command],
                cwd=self.project.path,
                env=os.environ | self.settings | settings,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.terminate()
                    try:
                        process.wait(60)
                    except subprocess.TimeoutExpired:
                        kill(process)
                        raise

    def run(self, *command: str, check: bool = True) -> str:
        """Run one of the project's programs with the same settings."""
        program = str(self.project.path / ".venv/bin" / command[0])
        return self.project.run(program, *command[1:], check=check, **self.settings)

    def send(self, name: str, count: int = 1) -> None:
        """Send tasks."""
        self.run("python", "-c", SEND, name, str(count))

    def lines(self) -> list[dict[str, Any]]:
        """Give the worker's structured lines."""
        lines = whole_lines(self.folder / "worker.log")
        return [json.loads(line) for line in lines if line.startswith("{")]

    def count(self, event: str) -> int:
        """Return how many lines of the workers contain a text."""
        return sum(event in line["event"] for line in self.lines())


def kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process and all its children as a crash would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def wait_until(what: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so, and fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.1)
