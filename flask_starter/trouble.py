"""What the machine does while Cookiecutter writes: Ctrl-C, a full disk, a home that is not there.

Cookiecutter answers each with a traceback and half a project. Everything here is for its command
line only: a program that uses it as a library keeps its own ways.
"""

import contextlib
import gc
import shutil
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import cookiecutter.main
from jinja2 import Environment

from flask_starter.call import call

# The folder that this run makes, once there may be something in it.
_ours: list[Path] = []
_dump, _excepthook = cookiecutter.main.dump, sys.excepthook


def guard(folder: Path) -> None:
    """Make sure that nothing or a whole project is left in `folder`, which is written from now on."""
    if not call():
        return
    # Let Ctrl-C wait: the hook, which inherits this, handles it in its time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not folder.exists():
        # Cookiecutter makes the folders above it too.
        _ours.append([path for path in (folder, *folder.parents) if not path.exists()][-1])


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Stand in for the traceback when the machine and not the program is at fault."""
    if not isinstance(error, OSError):
        _excepthook(kind, error, trace)
        return
    for folder in _ours:
        shutil.rmtree(folder, ignore_errors=True)
    # Cookiecutter wraps some in one without the reason.
    cause = error.__cause__ or error
    where = f" ({cause.filename})" if isinstance(cause, OSError) and cause.filename else ""
    reason = getattr(cause, "strerror", None) or cause
    print(
        f"The project could not be written: {reason}{where}; fix that and run the same command again",
        file=sys.stderr,
    )


def _remember(*words: Any) -> None:
    """Keep the answers for `--replay`, if there is a home to keep them in."""
    with contextlib.suppress(OSError):
        _dump(*words)


def register(_environment: Environment) -> None:
    """Take the place of what would end in a traceback, and switch off the garbage collector, which a short run does not need."""
    if call():
        gc.disable()
        sys.excepthook = _explain
        cookiecutter.main.dump = _remember
