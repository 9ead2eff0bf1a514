"""Run a project's programs in forks of one process that has imported the project's packages.

Importing them is most of what a `flask` command takes. A line of JSON comes in for each program: its words, environment
and folder, and the file for its output; its exit code goes back. A fork imports the project's own modules anew.
"""

import gc
import importlib
import json
import os
import runpy
import sys
from contextlib import suppress
from types import ModuleType
from typing import Any


def modules_of_packages() -> list[str]:
    """Return the modules that the application imports, but for the project's own, in their order."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.dup2(2, 1)  # what a module prints is no exit code
        sys.path.insert(0, os.getcwd())
        importlib.import_module("app.cli")
        found = [name for name in sys.modules if name.partition(".")[0] not in ("app", "__main__")]
        with open(writer, "w") as names:
            names.write("\n".join(found))
        os._exit(0)
    os.close(writer)
    with open(reader) as names:
        found = names.read().split()
    if os.wait()[1]:
        sys.exit("The application cannot be imported.")
    return found


def next_program() -> dict[str, Any]:
    """Return the next program, in a process of its own; the server ends with its input."""
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            return dict(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    sys.exit()


def become(words: list[str], environment: dict[str, str], folder: str, output: str) -> None:
    """Run `flask WORDS`, `python -m MODULE WORDS` or `python -c CODE WORDS`."""
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for opened, taken in ((written, 1), (written, 2), (os.open(os.devnull, os.O_RDONLY), 0)):
        os.dup2(opened, taken)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # Bytecode is found by size and second, and two edits may have both.
    sys.dont_write_bytecode = True
    if words[0].endswith("flask"):
        sys.argv = words
        importlib.import_module("flask.cli").main()
    elif words[1] == "-m":
        sys.argv = words[2:]
        sys.path.insert(0, folder)
        runpy.run_module(words[2], run_name="__main__", alter_sys=True)
    else:
        sys.argv = ["-c", *words[3:]]
        sys.path.insert(0, "")
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(words[2], "<string>", "exec"), vars(main))


sys.path.pop(0)  # this folder
for name in modules_of_packages():
    with suppress(ImportError):
        importlib.import_module(name)
gc.freeze()
become(**next_program())
