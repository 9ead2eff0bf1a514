"""A project's `flask` commands in a quarter of the time: the packages are imported once, for all of them."""

import json
import select
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from os import killpg
from pathlib import Path

SERVER = Path(__file__).with_name("inside") / "fork_server.py"
# A server starts as slowly as two commands.
PROGRAMS_WITHOUT = 2
# What Python or a package reads when it starts.
READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "OTEL_PYTHON")


def can_fork(words: list[str]) -> bool:
    """Tell whether a command is one that a server runs."""
    program, *rest = words
    module = rest[1] if rest[:1] == ["-m"] else ""
    own = module.startswith("scripts.") or rest[:1] == ["-c"]
    return program == ".venv/bin/flask" or (program == ".venv/bin/python" and own)


def read_at_start(variable: str) -> bool:
    """Tell whether a variable has no effect on a process that has started."""
    return variable.startswith(READ_AT_START)


class ForkServer:
    """A process that runs one program of a project at a time.

    Parameters:
        project: the folder of the project.
        environment: its variables.
    """

    def __init__(self, project: Path, environment: dict[str, str]) -> None:
        """Start the process."""
        self.output = project.parent / f"{project.name}-fork.log"
        self.process = subprocess.Popen(
            [project / ".venv/bin/python", SERVER],
            cwd=project,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, words: Sequence[str], folder: Path, environment: dict[str, str], timeout: float
    ) -> tuple[int, str]:
        """Return the exit code and the output of a program.

        Raises:
            TimeoutError: it takes more than `timeout` seconds; it is killed, and the server too.
        """
        program = {
            "words": words,
            "environment": environment,
            "folder": str(folder),
            "output": str(self.output),
        }
        self.process.stdin.write(json.dumps(program) + "\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise TimeoutError(f"{' '.join(words)} took more than {timeout} s")
        code = int(self.process.stdout.readline())
        return code, self.output.read_text("utf-8")

    def stop(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


class ForkServers:
    """The servers of the projects that a worker has set up, by their environments.

    Clones share the environment of their origin by a symbolic link.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.projects: dict[Path, Path] = {}
        self.servers: dict[Path, ForkServer] = {}
        self.programs: Counter[Path] = Counter()
        self.one_at_a_time = threading.Lock()

    def allow(self, project: Path) -> None:
        """Let the programs of a project, whose packages do not change any more, run in forks."""
        self.projects[(project / ".venv").resolve()] = project

    def run(
        self,
        command: Sequence[str | Path],
        folder: Path,
        environment: dict[str, str],
        variables: dict[str, str],
        timeout: float = 600,
    ) -> tuple[int, str] | None:
        """Return the exit code and the output of a program, or None for one that has to start as it does for its owner.

        That is any but `flask`, `python -c` and the project's own scripts, the first ones of a project, and what runs
        beside another.

        Parameters:
            command: the program and its words.
            folder: where it runs, with the environment of its packages in `.venv`.
            environment: its variables.
            variables: more of them, for this program alone.
            timeout: the seconds that it may take.
        """
        words = [str(word) for word in command]
        venv = (folder / ".venv").resolve()
        if not can_fork(words) or venv not in self.projects or any(map(read_at_start, variables)):
            return None
        self.programs[venv] += 1
        if self.programs[venv] <= PROGRAMS_WITHOUT or not self.one_at_a_time.acquire(blocking=False):
            return None
        try:
            if venv not in self.servers:
                self.servers[venv] = ForkServer(self.projects[venv], environment)
            return self.servers[venv].run(words, folder, environment | variables, timeout)
        except TimeoutError:
            del self.servers[venv]
            raise
        finally:
            self.one_at_a_time.release()

    def stop(self, project: Path) -> None:
        """End the server of a project."""
        venv = (project / ".venv").resolve()
        self.projects.pop(venv, None)
        if server := self.servers.pop(venv, None):
            with suppress(BrokenPipeError):
                server.stop()


FORK_SERVERS = ForkServers()
