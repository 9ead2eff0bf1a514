"""Measure what a request costs the server: CPU time per request, as a share of a one-line WSGI application's.

Both run under the project's own server settings, one after the other, several times in turn. CPU time of the server's
processes is counted, not wall time, so that a busy machine disturbs little.
"""

import argparse
import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import workspace
from notes import ADD_NOTES
from project import PRODUCTION, free_port, get

ONE_LINE = (
    "def app(environ, start_response): start_response('200 OK', [('Content-Length', '2')]); return [b'ok']\n"
)
PATHS = {
    "health": "/healthz",
    "home page": "/",
    "list page, 10 notes": "/notes/",
    "form, and the cookie of its visitor": "/notes/new",
    "JSON list, 20 notes": "/api/v1/notes/",
}
TICK = os.sysconf("SC_CLK_TCK")
SERVERS = {
    "gunicorn": [".venv/bin/gunicorn"],
    "granian": [".venv/bin/granian", "--interface=wsgi", "--workers=2", "--blocking-threads=8", "--no-ws"],
}


def processes(group: int) -> Iterator[Path]:
    """Give the /proc folders of a process group."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if int((folder / "stat").read_text().rpartition(")")[2].split()[2]) == group:
                    yield folder
            except OSError:
                continue  # it ended while we looked


def cpu(group: int) -> float:
    """Give the CPU seconds that a process group has used."""
    used = 0
    for folder in processes(group):
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICK


def pss(process: Path) -> float:
    """Give the proportional memory (PSS) of a process in MB."""
    lines = (process / "smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def memory(group: int) -> float:
    """Give the proportional memory of a process group in MB."""
    return sum(map(pss, processes(group)))


@contextmanager
def served(folder: Path, server: str, target: str, **variables: str) -> Iterator[tuple[int, int, float]]:
    """Serve `module:app`; give port, process group and the seconds until the first answer."""
    port = free_port()
    command = SERVERS[server]
    env = (
        os.environ
        | PRODUCTION
        | {
            "PORT": str(port),
            "WEB_CONCURRENCY": "2",
            "RATELIMIT_DEFAULT": "1000000 per second",
            "MAX_REQUESTS": "0",
        }
    )
    if server == "granian":
        command = [*command, "--host", "127.0.0.1", "--port", str(port), "--no-log"]
    started = time.monotonic()
    process = subprocess.Popen(
        [*command, target],
        cwd=folder,
        env=env | variables,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            assert process.poll() is None, f"{server} {target} ended"
            try:
                get(f"http://127.0.0.1:{port}/healthz")
                break
            except OSError:
                time.sleep(0.01)
        yield port, process.pid, time.monotonic() - started
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def cost(port: int, group: int, path: str, count: int, **sent: str) -> float:
    """Give the CPU microseconds of one request, over `count` requests on kept connections."""
    headers = {"Accept": "text/html", "Host": "127.0.0.1"} | sent

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(number):
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            assert response.status == 200, response.status
        connection.close()

    ask(100)
    before = cpu(group)
    ask(count)
    return (cpu(group) - before) / count * 1e6


def make_project(folder: Path) -> tuple[Path, str]:
    """Bake and set up a project with 20 notes; give its folder and the URL of its database."""
    done = workspace.cookiecutter(folder, "project_name=Bench", "wsgi_server=gunicorn")
    assert done.returncode == 0, done.stdout + done.stderr
    project = folder / "bench"
    url = f"sqlite:///{project / 'instance' / 'dev.db'}"
    subprocess.run(
        [".venv/bin/python", "-c", ADD_NOTES, "20"], cwd=project, check=True, stdout=subprocess.DEVNULL
    )
    subprocess.run(
        [
            Path(sys.executable).with_name("uv"),
            "pip",
            "install",
            "-q",
            "--python",
            ".venv/bin/python",
            "granian",
        ],
        cwd=project,
        check=True,
    )
    (project / "oneline.py").write_text(ONE_LINE)
    return project, url


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--project", type=Path, help="an existing project instead of a new one")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as name:
        if options.project:
            project, url = options.project, f"sqlite:///{options.project / 'instance' / 'dev.db'}"
        else:
            project, url = make_project(Path(name))
        print("| server | what | CPU µs | share of the one-liner |\n|---|---|---|---|")
        for server in SERVERS:
            least: list[float] = []
            ours: dict[str, list[float]] = {what: [] for what in PATHS}
            started: list[float] = []
            size: list[float] = []
            for _ in range(options.runs):
                with served(project, server, "oneline:app") as (port, group, _seconds):
                    least.append(cost(port, group, "/", options.count))
                with served(project, server, "wsgi:app", DATABASE_URL=url) as (port, group, seconds):
                    started.append(seconds)
                    for what, path in PATHS.items():
                        ours[what].append(cost(port, group, path, options.count))
                    size.append(memory(group))
            base = statistics.median(least)
            print(f"| {server} | one line | {base:.0f} | 1.00 |")
            for what, costs in ours.items():
                print(
                    f"| {server} | {what} | {statistics.median(costs):.0f} | {base / statistics.median(costs):.2f} |"
                )
            print(f"| {server} | start, s | {statistics.median(started):.1f} | |")
            print(
                f"| {server} | memory of 2 workers and what leads them (PSS), MB | {statistics.median(size):.0f} | |",
                flush=True,
            )


if __name__ == "__main__":
    sys.exit(main())
