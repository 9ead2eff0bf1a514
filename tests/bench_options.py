"""Measure what each option adds to a project: CPU time per request, start-up and memory, as ratios to the defaults.

The projects take turns, run after run. Redis is one of ours, on loopback; a collector and a broker are not needed,
because what is measured is the process that answers.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import support
from bench_requests import cost, memory, served
from project import PRODUCTION
from redis_server import RedisServer

PATHS = {"health": "/healthz", "home": "/", "list": "/api/v1/notes/"}
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


def bake(folder: Path, answers: dict[str, str]) -> Path:
    """Bake and set up a project with 20 notes, those of its first account where there are accounts; give its folder."""
    folder.mkdir()
    words = [f"{name}={value}" for name, value in answers.items()]
    done = support.cookiecutter(folder, "project_name=Bench", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    project = folder / "bench"
    seed = [".venv/bin/flask", "seed", "--count", "20"]
    subprocess.run(seed, cwd=project, check=True, stdout=subprocess.DEVNULL)
    return project


def authorization(project: Path, settings: dict[str, str]) -> dict[str, str]:
    """Give the header with which a program reads the notes where there are accounts."""
    command = [".venv/bin/flask", "users", "token", "demo@example.com"]
    env = os.environ | PRODUCTION | settings
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=True)
    return {"Authorization": f"Bearer {done.stdout.split()[-1]}"}


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
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=1500)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name) / "redis") as redis:
        projects = {
            kind: bake(Path(name) / str(n), answers) for n, (kind, answers) in enumerate(KINDS.items())
        }
        sent = {
            kind: authorization(path, variables(path, redis.url)) if KINDS[kind].get("auth") else {}
            for kind, path in projects.items()
        }
        for _ in range(options.runs):
            for kind, project in projects.items():
                settings = variables(project, redis.url)
                with served(project, "gunicorn", "wsgi:app", **settings) as (port, group, seconds):
                    row = {
                        what: cost(port, group, path, options.count, **sent[kind])
                        for what, path in PATHS.items()
                    }
                    row |= {"start": seconds, "memory": memory(group)}
                for what, figure in row.items():
                    figures.setdefault(kind, {}).setdefault(what, []).append(figure)
    basis = {what: statistics.median(values) for what, values in figures["defaults"].items()}
    print("| option | health | home page | JSON list | start | memory (PSS) |\n|---|---|---|---|---|---|")
    for kind, seen in figures.items():
        print(f"| {kind} |", *(f"{statistics.median(seen[what]) / basis[what]:.2f} |" for what in basis))


if __name__ == "__main__":
    sys.exit(main())
