"""uWSGI, the production server: `python serve_uwsgi.py` checks the environment and starts uwsgi.ini.

Environment: BIND_HOST, PORT, WEB_CONCURRENCY, THREADS, TIMEOUT, GRACEFUL_TIMEOUT, MAX_REQUESTS.
"""

import importlib
import math
import os
import sys
from pathlib import Path


def setting(name: str, default: int, *, minimum: int = 1) -> int:
    """Give a whole number from the environment.

    Parameters:
        name: the variable; empty counts as unset.
        default: what to use without it.
        minimum: the smallest value that makes sense.

    Raises:
        SystemExit: the value is no whole number, or too small.
    """
    text = os.environ.get(name) or str(default)
    if not (text.isascii() and text.isdecimal()) or int(text) < minimum:
        raise SystemExit(f"{name} must be a whole number of at least {minimum}")
    return int(text)


def available_cpus(root: Path = Path("/")) -> int:
    """Count the CPUs this process may use: a container sees all those of its host, whatever its quota.

    Parameters:
        root: where ``proc`` and ``sys`` are mounted.
    """
    cpus = os.cpu_count() or 1
    if sys.platform == "linux":
        cpus = len(os.sched_getaffinity(0))
    try:
        group = (root / "proc/self/cgroup").read_text().rpartition("::")[2].strip()
        limit = root / "sys/fs/cgroup" / group.lstrip("/") / "cpu.max"
        quota, period = map(int, limit.read_text().split())
    except (OSError, ValueError):  # no control group of version 2, or a quota of "max"
        return cpus
    return max(1, min(cpus, math.ceil(quota / period)))


def environment() -> dict[str, str]:
    """Give what uwsgi.ini refers to: uWSGI itself takes a word for the number 0.

    Raises:
        SystemExit: a setting is wrong.
    """
    # Loopback unless told otherwise; a container sets BIND_HOST=0.0.0.0 (or :: for both families).
    host = os.environ.get("BIND_HOST") or "127.0.0.1"
    port = setting("PORT", 8000)
    return {
        "PYTHON": sys.executable,
        "BIND": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        # At least two workers, so that somebody answers while one is replaced.
        "WEB_CONCURRENCY": str(setting("WEB_CONCURRENCY", max(2, available_cpus()))),
        "THREADS": str(setting("THREADS", 8)),
        "TIMEOUT": str(setting("TIMEOUT", 60)),
        "GRACEFUL_TIMEOUT": str(setting("GRACEFUL_TIMEOUT", 25)),
        "MAX_REQUESTS": str(setting("MAX_REQUESTS", 10_000)),
    }


def main() -> None:
    """Start uWSGI inside this process, so that it gets the orchestrator's signals.

    Raises:
        SystemExit: a setting is wrong.
    """
    os.chdir(Path(__file__).resolve().parent)
    os.environ.update(environment())
    importlib.import_module("pyuwsgi").run(["--ini", "uwsgi.ini"])


if __name__ == "__main__":
    main()
