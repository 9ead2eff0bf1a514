"""Measure production in containers: how long it takes to start, what the image weighs, what Nginx in front costs.

Needs Linux, root, Docker and wrk. Throughput is compared in one stack and in turn: the project and a one-line WSGI application,
each through Nginx over TLS and at Gunicorn's own port.
"""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from compose_stack import Stack, bake, stacked
from notes import ADD_NOTES
from project import free_port

MANAGERS = ("venv", "poetry", "uv")
DATABASES = ("sqlite", "postgresql")
ONE_LINE = (
    "def app(environ, start_response): start_response('200 OK', [('Content-Length', '2')]); return [b'ok']\n"
)
OVERRIDE = "services: {web: {command: [gunicorn, 'one_line:app'], volumes: ['./one_line.py:/srv/app/one_line.py:ro']}}"
# Not the API: Nginx limits how often one address may ask for it.
PATHS = {"health": "/healthz", "home page": "/", "list page, 10 notes": "/notes/"}
RUNS = 5


def size(image: str) -> float:
    """Give the size of an image in MB."""
    words = ("docker", "image", "inspect", "--format", "{{.Size}}", image)
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout) / 1e6


def measure_start(folder: Path) -> None:
    """Print the seconds from `make up` to a stack that is well, and what the image adds to its base."""
    print(
        "| manager | database | first `make up`, s | again, s | image above its base, MB |\n|---|---|---|---|---|"
    )
    for manager in MANAGERS:
        for database in DATABASES:
            answers = (f"dependency_manager={manager}", f"database={database}")
            project = bake(folder, f"Start-{manager}-{database}", *answers)
            with stacked(project, free_port(), free_port()) as stack:
                seconds = []
                for _ in range(2):
                    begun = time.monotonic()
                    stack.make("up")
                    seconds.append(time.monotonic() - begun)
                    stack.make("down")
                added = size(f"{stack.name}:latest") - size("python:3.14-slim")
            print(
                f"| {manager} | {database} | {seconds[0]:.0f} | {seconds[1]:.0f} | {added:.0f} |", flush=True
            )


def throughput(address: str, url: str) -> float:
    """Give the requests per second of 16 connections over three seconds.

    Parameters:
        address: where `localhost` is for this once, because Nginx answers to the name alone.
        url: what is asked for.
    """
    words = f"wrk --threads 1 --connections 16 --duration 3s {url}"
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write(f"{address} localhost\n")
        hosts.flush()
        command = ["unshare", "--mount", "sh", "-c", f"mount --bind {hosts.name} /etc/hosts && exec {words}"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    return float(said.partition("Requests/sec:")[2].split()[0])


def places(stack: Stack) -> dict[str, tuple[str, str]]:
    """Give where the stack can be asked, address and URL: through Nginx, and past it."""
    return {
        "Nginx": (stack.address("nginx"), "https://localhost"),
        "bare": (stack.address("web"), "http://localhost:8000"),
    }


def measure_throughput(folder: Path) -> None:
    """Print requests per second through Nginx and past it, and their ratios."""
    project = bake(folder, "Throughput")
    (project / "one_line.py").write_text(ONE_LINE)
    (project / "one_line.yaml").write_text(OVERRIDE)
    seen: dict[tuple[str, str], list[float]] = {}
    with stacked(project, free_port(), free_port()) as stack:
        stack.make("up")
        stack.compose("exec", "-T", "web", "python", "-c", ADD_NOTES, "20")
        for _ in range(RUNS):
            stack.compose("up", "--detach", "--wait")
            for place, (address, url) in places(stack).items():
                for what, path in PATHS.items():
                    seen.setdefault((what, place), []).append(throughput(address, url + path))
            stack.compose("--file", "compose.yaml", "--file", "one_line.yaml", "up", "--detach", "--wait")
            for place, (address, url) in places(stack).items():
                seen.setdefault(("one line", place), []).append(throughput(address, url))
    medians = {key: statistics.median(values) for key, values in seen.items()}
    print(
        "\n| what | Nginx and Gunicorn, per s | bare Gunicorn, per s | ratio | share of the one-liner behind Nginx |"
    )
    print("|---|---|---|---|---|")
    for what in ("one line", *PATHS):
        through, bare = medians[what, "Nginx"], medians[what, "bare"]
        share = through / medians["one line", "Nginx"]
        print(f"| {what} | {through:.0f} | {bare:.0f} | {through / bare:.2f} | {share:.2f} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        measure_start(Path(folder))
        measure_throughput(Path(folder))
