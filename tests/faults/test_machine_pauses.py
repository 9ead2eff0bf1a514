"""What the machine loses is seen, and what a program takes for itself is not excused."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from machine_pauses import CPUS, PauseWatch

BUSY = [sys.executable, "-c", "import time\nend = time.monotonic() + 2\nwhile time.monotonic() < end: pass"]


@pytest.mark.linux
def test_time_that_the_machine_loses_is_taken_off_and_no_other(tmp_path: Path):
    with PauseWatch(tmp_path).watching() as pauses:
        time.sleep(0.5)
        begun = time.monotonic()
        for watch in pauses.watches:
            os.kill(watch.pid, signal.SIGSTOP)
        time.sleep(1)
        for watch in pauses.watches:
            os.kill(watch.pid, signal.SIGCONT)
        ended = time.monotonic()
        assert pauses.since(begun) < 0.9
        assert pauses.lost(begun, ended) > 0.8
        assert pauses.lost(begun - 60, begun) < 0.8
        begun = time.monotonic()
        busy = [subprocess.Popen(BUSY) for _ in range(2 * len(CPUS))]
        assert [process.wait(60) for process in busy] == [0] * len(busy)
        assert pauses.since(begun) > 1.5
