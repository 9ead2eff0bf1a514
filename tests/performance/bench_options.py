"""Measure what each option adds to a project: CPU time per request, start-up and memory, as ratios to the defaults.

The projects take turns, run after run, forwards and backwards. Redis is one of ours, on loopback; a collector and a broker
are not needed, because what is measured is the process that answers. Where there are accounts, somebody has logged in, and
sees the same notes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import workspace
from bench_requests import cost, processes, pss, served
from http_client import PASSWORD, Visitor
from notes import ADD_NOTES
from project import PRODUCTION
from redis_server import RedisServer

EMAIL = "owner@example.com"
PATHS = {"health": "/healthz", "home": "/", "page": "/notes/", "list": "/api/v1/notes/"}
# Everything beside the defaults, one at a time, and all of it together.
KINDS: dict[str, dict[str, str]] = {
    "defaults": {},
    "auth": {"auth": "true"},
    "cache=redis": {"cache": "redis"},
    "jobs=celery": {"jobs": "celery"},
    "observability=prometheus": {"observability": "prometheus"},
    "observability=opentelemetry": {"observability": "opentelemetry"},
}
KINDS["all"] = {name: value for kind in KINDS.values() for name, value in kind.items()}


@dataclass
class Bench:
    """A project that is measured.

    Parameters:
        folder: where it is.
        settings: what its production needs.
        owner: the email address of its account, where it has one.
    """

    folder: Path
    settings: dict[str, str]
    owner: str = ""

    def run(self, program: str, *words: str) -> str:
        """Run a program of the project in its production; give what it prints."""
        env = os.environ | PRODUCTION | self.settings
        command = [f".venv/bin/{program}", *words]
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=True
        ).stdout

    def credentials(self, port: int) -> dict[str, dict[str, str]]:
        """Give what is sent beside the path: a session with a page, a token with the API."""
        if not self.owner:
            return {}
        visitor = Visitor(f"http://127.0.0.1:{port}", self.owner)
        visitor.log_in()
        assert 'rel="next"' in visitor.get("/notes/").text, "the notes are not shown"
        token = self.run("flask", "users", "token", self.owner).split()[-1]
        cookie = {"Cookie": visitor.cookie}
        return {"home": cookie, "page": cookie, "list": {"Authorization": f"Bearer {token}"}}

    def measure(self, count: int) -> dict[str, float]:
        """Serve the project once, and ask for each path."""
        with served(self.folder, "gunicorn", "wsgi:app", **self.settings) as (port, group, seconds):
            sent = self.credentials(port)
            row = {what: cost(port, group, path, count, **sent.get(what, {})) for what, path in PATHS.items()}
            workers = [pss(process) for process in processes(group) if int(process.name) != group]
            return row | {"start": seconds, "memory": statistics.mean(workers)}


def bake(folder: Path, answers: dict[str, str], redis: str) -> Bench:
    """Bake and set up a project with 20 notes, those of its one account where there are accounts."""
    folder.mkdir()
    words = [f"{name}={value}" for name, value in answers.items()]
    done = workspace.cookiecutter(folder, "project_name=Bench", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    project = folder / "bench"
    bench = Bench(project, variables(project, redis))
    if answers.get("auth"):
        bench.owner = EMAIL
        bench.run("flask", "users", "create", EMAIL, "--password", PASSWORD)
    bench.run("python", "-c", ADD_NOTES, "20", *filter(None, [bench.owner]))
    return bench


def variables(project: Path, redis: str) -> dict[str, str]:
    """Give what the project's production needs; a variable that nobody reads does no harm."""
    return {
        "DATABASE_URL": f"sqlite:///{project / 'instance' / 'dev.db'}",
        "REDIS_URL": redis,
        "BROKER_URL": redis,
        "TOTP_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
        # Nobody listens there: what it costs to trace is there all the same.
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        # Each process counts where the others can see it, as it does beside the exporter.
        "PROMETHEUS_MULTIPROC_DIR": tempfile.mkdtemp(dir=project.parent),
    }


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--count", type=int, default=1500)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: dict[str, dict[str, list[float]]] = {kind: {} for kind in KINDS}
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name) / "redis") as redis:
        benches = {
            kind: bake(Path(name) / str(n), answers, redis.url)
            for n, (kind, answers) in enumerate(KINDS.items())
        }
        for run in range(options.runs):
            turns = list(benches.items())
            # A machine that grows slower meanwhile does not do so to the last ones only.
            for kind, bench in reversed(turns) if run % 2 else turns:
                for what, figure in bench.measure(options.count).items():
                    figures[kind].setdefault(what, []).append(figure)
    basis = {what: statistics.median(values) for what, values in figures["defaults"].items()}
    print(
        "| option | health | home page | list page | JSON list | start | memory of a worker (PSS) |\n|---|---|---|---|---|---|---|"
    )
    for kind, seen in figures.items():
        print(f"| {kind} |", *(f"{statistics.median(seen[what]) / basis[what]:.2f} |" for what in basis))
    units = {"start": "s", "memory": "MB"}
    shown = (f"{what} {figure:.1f} {units.get(what, 'µs')}" for what, figure in basis.items())
    print(f"\nThe defaults: {', '.join(shown)}. {options.runs} alternating runs of {options.count} requests.")


if __name__ == "__main__":
    sys.exit(main())
