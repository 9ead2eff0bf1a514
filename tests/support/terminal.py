"""A terminal of a given width, with somebody who types in it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from pathlib import Path

from workspace import TEMPLATE

CTRL_C = "\x03"
SECONDS_OF_PATIENCE = 15


def in_terminal(
    folder: Path,
    *words: str,
    env: dict[str, str],
    columns: int = 80,
    typed: dict[str, str] | list[tuple[str, str]] | None = None,
    command: tuple[str, ...] = (sys.executable, "-m", "cookiecutter", str(TEMPLATE)),
) -> tuple[int, str]:
    """Run Cookiecutter in a terminal; return its exit code and what could be read there.

    Parameters:
        folder: where it runs.
        words: its command line after the template.
        env: its environment.
        command: what runs instead of Cookiecutter with the template.
        columns: how wide the terminal is.
        typed: what is typed as soon as a text appears.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    plain = {name: value for name, value in env.items() if name != "COLUMNS"}
    process = subprocess.Popen(
        [*command, *words],
        cwd=folder,
        env=plain,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    waiting = list(typed.items() if isinstance(typed, dict) else typed or [])
    read, seen = b"", 0
    pressed = False
    while True:
        # Python does not notice a Ctrl-C between its prompt and the call that reads: people press it again, but not
        # while the program is busy with the first (a second one would end make itself).
        if not select.select([ours], [], [], SECONDS_OF_PATIENCE)[0]:
            if pressed:
                os.write(ours, CTRL_C.encode())
            continue
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        read += chunk
        while waiting and (at := read.find(waiting[0][0].encode(), seen)) >= 0:
            seen = at + len(waiting[0][0].encode())
            pressed = waiting[0][1] == CTRL_C
            os.write(ours, waiting.pop(0)[1].encode())
    os.close(ours)
    return process.wait(), read.decode(errors="replace")
