"""What the machine loses is seen, and what a program takes for itself is not excused."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pulse import CPUS, Pulse

BUSY = [sys.executable, "-c", "import time\nend = time.monotonic() + 2\nwhile time.monotonic() < end: pass"]


@pytest.mark.linux
def test_time_that_the_machine_loses_is_taken_off_and_no_other(tmp_path: Path):
    with Pulse(tmp_path).beating() as pulse:
        time.sleep(0.5)
        begun = time.monotonic()
        for watch in pulse.watches:
            os.kill(watch.pid, signal.SIGSTOP)
        time.sleep(1)
        for watch in pulse.watches:
            os.kill(watch.pid, signal.SIGCONT)
        ended = time.monotonic()
        assert pulse.since(begun) < 0.9
        assert pulse.lost(begun, ended) > 0.8
        assert pulse.lost(begun - 60, begun) < 0.8
        begun = time.monotonic()
        busy = [subprocess.Popen(BUSY) for _ in range(2 * len(CPUS))]
        assert [process.wait(60) for process in busy] == [0] * len(busy)
        assert pulse.since(begun) > 1.5
