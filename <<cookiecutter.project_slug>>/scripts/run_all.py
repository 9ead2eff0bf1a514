"""Run the development server with a worker and a scheduler, and end them together: what `make run` starts.

Without BROKER_URL one process does the jobs, scheduled ones too, and no broker is needed. The workers start again when
the code changes; the server has a reloader of its own.
"""

import signal
import subprocess  # nosec B404
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from app.config import ROOT, ConfigError, load_config

SERVER = ("flask", "run")
ALONE = (("flask", "jobs", "work"),)
WITH_BROKER = (
    ("celery", "-A", "worker", "--quiet", "worker", "--without-gossip", "--without-mingle"),
    ("celery", "-A", "worker", "--quiet", "beat", "--scheduler", "app.jobs.worker:Clock"),
)
GRACE = 10  # seconds
NAP = 0.5  # seconds

Process = subprocess.Popen[bytes]


def workers() -> tuple[tuple[str, ...], ...]:
    """Give the commands of the processes beside the server."""
    return WITH_BROKER if load_config("development")["BROKER_URL"] else ALONE


def start(command: Sequence[str]) -> Process:
    """Start a module of Python."""
    return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT)  # noqa: S603  # nosec B603


def changed(folder: Path = ROOT / "app") -> float:
    """Give the moment at which the code was last changed."""
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*.py")))


def stop(processes: Sequence[Process]) -> None:
    """End processes: politely, and after a while for good."""
    for process in processes:
        process.terminate()
    end = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(server: Sequence[str], others: Sequence[Sequence[str]]) -> int:
    """Run everything until the server ends; give its exit code."""
    seen = changed()
    main = start(server)
    beside = [start(command) for command in others]
    try:
        while (code := main.poll()) is None:
            time.sleep(NAP)
            if (now := changed()) != seen:
                seen = now
                stop(beside)
                beside = [start(command) for command in others]
        return code
    finally:
        stop([main, *beside])


def main() -> int:
    """Run until Ctrl-C or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(SERVER, workers())
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
