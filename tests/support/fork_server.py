"""A project's own programs in a quarter of a second: its packages are imported once, for all of them."""

import json
import os
import select
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

SERVER = Path(__file__).with_name("inside") / "fork_server.py"
# So many programs of a project start as they do for its owner; a server takes as long as two of them.
STARTED_ANEW = 2
# What Python or the C library reads when a process starts.
READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ")


def can_fork(words: Sequence[str]) -> bool:
    """Tell whether a command is one that a server runs: `flask`, `python -c` or one of the project's scripts."""
    program, *rest = words
    module = rest[1] if rest[:1] == ["-m"] else ""
    own = module.startswith("scripts.") or rest[:1] == ["-c"]
    return program == ".venv/bin/flask" or (program == ".venv/bin/python" and own)


def read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a process which has started does not look at again."""
    return {name: value for name, value in environment.items() if name.startswith(READ_AT_START)}


class ForkServer:
    """A process that runs one program of a project at a time.

    Parameters:
        project: the folder of the project.
        environment: its variables.
    """

    def __init__(self, project: Path, environment: dict[str, str]) -> None:
        """Start the process."""
        self.environment = environment
        self.folder = tempfile.TemporaryDirectory(prefix="forks-")
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
            TimeoutError: it takes more than `timeout` seconds.
            RuntimeError: the server has ended.
        """
        output = Path(self.folder.name) / "output"
        program = {"words": words, "environment": environment, "folder": str(folder), "output": str(output)}
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(program) + "\n")
            self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise TimeoutError(f"{' '.join(words)} took more than {timeout} s")
        if not (code := self.process.stdout.readline()):
            raise RuntimeError(f"the server of {folder} has ended")
        return int(code), output.read_text("utf-8")

    def stop(self) -> None:
        """End the process, and the program that it runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


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
        """Return the exit code and the output of a program.

        None stands for one that has to start anew: another kind of program, a project that is not allowed to, the first
        programs of a project, what runs beside another, and other variables that are read at a start.

        Parameters:
            command: the program and its words.
            folder: where it runs, with the environment of its packages in `.venv`.
            environment: the variables of its project.
            variables: more of them, for this program alone.
            timeout: the seconds that it may take.
        """
        words = [str(word) for word in command]
        venv = (folder / ".venv").resolve()
        if not can_fork(words) or venv not in self.projects:
            return None
        self.programs[venv] += 1
        if self.programs[venv] <= STARTED_ANEW or not self.one_at_a_time.acquire(blocking=False):
            return None
        try:
            if venv not in self.servers:
                self.servers[venv] = ForkServer(self.projects[venv], environment)
            server, whole = self.servers[venv], environment | variables
            if read_at_start(whole) != read_at_start(server.environment):
                return None
            return server.run(words, folder, whole, timeout)
        except (TimeoutError, RuntimeError):
            self.servers.pop(venv).stop()
            raise
        finally:
            self.one_at_a_time.release()

    def stop(self, project: Path) -> None:
        """End the server of a project."""
        venv = (project / ".venv").resolve()
        self.projects.pop(venv, None)
        if server := self.servers.pop(venv, None):
            server.stop()


FORK_SERVERS = ForkServers()
