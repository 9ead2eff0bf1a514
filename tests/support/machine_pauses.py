"""What a machine loses while it stands still, because others share it: no promise of an application is about that.

A small process on each CPU does nothing but look at the clock. An application that is slow, or waits, does not stop it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from project import whole_lines

CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
# Tells of each gap of more than a tenth of a second, and ends with whoever started it.
WATCH = """
import os, sys, time

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {int(sys.argv[1])})
parent, last = os.getppid(), time.monotonic()
while os.getppid() == parent:
    time.sleep(0.02)
    now = time.monotonic()
    if now - last > 0.1:
        print(last + 0.02, now, flush=True)
    last = now
"""


class PauseWatch:
    """Watches the clock as long as the `with` block lasts.

    Parameters:
        folder: where it notes what it sees.
    """

    def __init__(self, folder: Path) -> None:
        self.watches: list[subprocess.Popen[bytes]] = []
        self.logs = [folder / f"pauses-{cpu}" for cpu in CPUS]

    @contextmanager
    def watching(self) -> Iterator["PauseWatch"]:
        """Start the processes, and stop them."""
        with ExitStack() as stack:
            for cpu, log in zip(CPUS, self.logs, strict=True):
                out = stack.enter_context(log.open("wb"))
                watch = subprocess.Popen([sys.executable, "-c", WATCH, str(cpu)], stdout=out)
                self.watches.append(watch)
                stack.callback(watch.wait, 60)
                stack.callback(watch.terminate)
            yield self

    def lost(self, begun: float, ended: float) -> float:
        """Give the seconds of a span, by the monotonic clock, in which the CPU that lost most stood still."""
        gaps = [[tuple(map(float, line.split())) for line in whole_lines(log)] for log in self.logs]
        return max(sum(max(0.0, min(ended, to) - max(begun, at)) for at, to in own) for own in gaps)

    def since(self, begun: float) -> float:
        """Give the seconds that have passed since a moment, without those that were lost."""
        ended = time.monotonic()
        time.sleep(0.2)  # a gap is told when it is over
        return ended - begun - self.lost(begun, ended)
