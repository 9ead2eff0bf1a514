"""Measure what a user waits for: rendering, set-up and the first page. Prints the table of docs/benchmarks.md.

Warm means that the package manager has downloaded everything before; cold gives it an empty cache.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import workspace

MANAGERS = json.loads((workspace.TEMPLATE / "cookiecutter.json").read_text())["dependency_manager"]


def render(folder: Path, template: Path, *words: str) -> float:
    """Return the CPU seconds that Cookiecutter and all that it starts take for `template`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = workspace.cookiecutter(
        Path(tempfile.mkdtemp(dir=folder)), "--default-config", *words, template=template
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def empty_template(folder: Path) -> Path:
    """Return a template with one empty project folder, the least that Cookiecutter can do."""
    (folder / "empty" / "{{cookiecutter.project_slug}}").mkdir(parents=True)
    (folder / "empty" / "cookiecutter.json").write_text('{"project_slug": "empty"}')
    return folder / "empty"


def first_page(folder: Path, manager: str, cache: Path | None) -> tuple[float, float]:
    """Return the seconds from the command to a project that is set up, and to its first page."""
    env = workspace.home(folder / "home")
    # The real home holds the warm caches.
    env |= {"XDG_CACHE_HOME": str(cache or Path.home() / ".cache")}
    started = time.monotonic()
    done = workspace.cookiecutter(folder, "project_name=Shop", f"dependency_manager={manager}", env=env)
    ready = time.monotonic() - started
    assert "Still to do" not in done.stdout, done.stdout + done.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["make", "run"],
        cwd=folder / "shop",
        env=env | {"FLASK_RUN_PORT": str(port)},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while server.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
                return ready, time.monotonic() - started
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("make run ended without serving")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="how often each rendering is measured")
    parser.add_argument("--cold", action="store_true", help="also measure with empty caches, which downloads")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = empty_template(folder)
        least, ours = [], []
        for _ in range(options.runs):
            least.append(render(folder, empty))
            ours.append(render(folder, workspace.TEMPLATE, "install=false"))
        base, cost = statistics.median(least), statistics.median(ours)
        print("| rendering | CPU s | times the empty template |\n|---|---|---|")
        print(
            f"| empty template | {base:.2f} | 1.0 |\n| this one, hook included | {cost:.2f} | {cost / base:.1f} |\n"
        )
        print("| manager | cache | set up, s | first page, s |\n|---|---|---|---|")
        for manager in MANAGERS:
            if manager != "venv" and shutil.which(manager) is None:
                print(f"| {manager} | | not installed | |")
                continue
            for warmth in ("warm", "cold") if options.cold else ("warm",):
                place = Path(tempfile.mkdtemp(dir=folder))
                ready, page = first_page(place, manager, place / "cache" if warmth == "cold" else None)
                print(f"| {manager} | {warmth} | {ready:.1f} | {page:.1f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
