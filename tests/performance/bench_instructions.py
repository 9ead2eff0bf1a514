"""Measure what a request costs in instructions, as multiples of a bare Flask page's: a busy machine changes nothing.

Valgrind's callgrind counts them. One process starts the application in production's configuration; for each page it
forks twice, and the children make a few requests and more requests. The difference is the price of a request, without
start, first connection and warm caches.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_options import KINDS, bake
from bench_requests import make_project, served
from project import PRODUCTION
from redis_server import RedisServer

# Multiples of the bare page that code which reads well may cost.
BARS = {"list page, 10 rows": 14, "JSON list of 20": 19, "form": 12, "static file": 5.5}
FEW, MORE = 5, 25
# Runs in the project. Prints the id of each child with its page and its number of requests.
SERVE = """
import io, json, os, re, sys
from flask import Flask
from werkzeug.test import EnvironBuilder
from wsgi import app

few, more = map(int, sys.argv[1:3])
sent = json.loads(sys.argv[3])
bare = Flask("bare")
bare.add_url_rule("/", view_func=lambda: "ok")

def environ_of(path):
    # What a server hands over, made before anything is counted.
    headers = {"Accept": "text/html"} | sent.get(path, {})
    return EnvironBuilder(path=path, base_url="https://localhost", headers=headers).get_environ()

def request(served, environ):
    statuses = []
    environ = environ | {"wsgi.input": io.BytesIO()}
    chunks = served(environ, lambda status, headers, exc_info=None: statuses.append(status))
    body = b"".join(chunks)
    getattr(chunks, "close", lambda: None)()
    assert statuses == ["200 OK"], statuses
    return body

def in_child(work):
    sys.stdout.flush()
    if child := os.fork():
        os.waitpid(child, 0)
        return child
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)

# In a child as well, so that the parent has no connection to share.
read, write = os.pipe()
in_child(lambda: os.write(write, re.search(rb"/static/css/app.css[^\\"']*", request(app, environ_of("/")))[0]))
css = os.read(read, 1000).decode()
pages = {
    "bare Flask page": (bare, "/"),
    "home page": (app, "/"),
    "list page, 10 rows": (app, "/notes/"),
    "JSON list of 20": (app, "/api/v1/notes/"),
    "form": (app, "/notes/new"),
    "static file": (app, css),
}
for name, (served, path) in pages.items():
    environ = environ_of(path)
    for count in (few, more):
        child = in_child(lambda: [request(served, environ) for _ in range(count)])
        print(child, count, name, sep="\\t", file=sys.stderr)
"""


def instructions(
    project: Path, settings: dict[str, str], sent: dict[str, dict[str, str]] | None = None
) -> dict[str, float]:
    """Return the thousands of instructions of one request for each page.

    Parameters:
        project: a project with 20 rows, set up.
        settings: what its production needs, the URL of its database for example.
        sent: headers by path.
    """
    settings = PRODUCTION | settings | {"TRUSTED_HOSTS": "localhost", "PYTHONHASHSEED": "0"}
    with tempfile.TemporaryDirectory() as folder:
        counter = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/%p"]
        done = subprocess.run(
            [*counter, ".venv/bin/python", "-c", SERVE, str(FEW), str(MORE), json.dumps(sent or {})],
            cwd=project,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    counted = {
        pid: int(total) for pid, total in re.findall(r"^==(\d+)== Collected : (\d+)", done.stderr, re.M)
    }
    totals: dict[str, list[int]] = {}
    for pid, _, name in re.findall(r"^(\d+)\t(\d+)\t(.+)$", done.stderr, re.M):
        totals.setdefault(name, []).append(counted[pid])
    return {name: (more - few) / (MORE - FEW) / 1000 for name, (few, more) in totals.items()}


def print_options() -> None:
    """Print what options make of a page and the API's list, requested by a logged-in user and with a token."""
    print("| option | list page | JSON list |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name) / "redis") as redis:
        for number, (kind, answers) in enumerate(KINDS.items()):
            bench = bake(Path(name) / str(number), answers, redis.url)
            with served(bench.folder, "gunicorn", "wsgi:app", **bench.settings) as (port, _, _):
                by_name = bench.credentials(port)
            sent = dict.fromkeys(("/", "/notes/", "/notes/new"), by_name.get("page", {}))
            sent["/api/v1/notes/"] = by_name.get("list", {})
            thousands = instructions(bench.folder, bench.settings, sent)
            bare = thousands["bare Flask page"]
            pages = (thousands[page] / bare for page in ("list page, 10 rows", "JSON list of 20"))
            print(f"| {kind} |", *(f"{page:.1f} |" for page in pages), flush=True)


def main() -> None:
    """Print a table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, help="an existing project with 20 rows instead of a new one")
    parser.add_argument("--options", action="store_true", help="what each option costs instead")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("instructions are counted by valgrind, which is not installed")
    if options.options:
        print_options()
        return
    with tempfile.TemporaryDirectory() as name:
        if options.project:
            project, url = options.project, f"sqlite:///{options.project / 'instance' / 'dev.db'}"
        else:
            project, url = make_project(Path(name))
        thousands = instructions(project, {"DATABASE_URL": url})
    bare = thousands["bare Flask page"]
    print("| page | thousands of instructions | times the bare page | bar |\n|---|---|---|---|")
    for page, cost in thousands.items():
        print(f"| {page} | {cost:.0f} | {cost / bare:.1f} | {BARS.get(page, '')} |")


if __name__ == "__main__":
    main()
