"""Finish the rendered project: remove, fill in, set up, commit, report.

The answers enter once, as data. Nothing here may fail because of the machine: what cannot be done
now is named at the end with its command.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ANSWERS = json.loads("<< cookiecutter | json | python >>")
REPEAT = json.loads("<< cookiecutter | repeat_command | json | python >>")
PROJECT = Path.cwd()
START = os.environ.get("PWD") or PROJECT.parent
STARTED = time.monotonic()


def prune():
    """Remove every path whose owner was not chosen, and the folders that this empties."""
    for name, owners in ANSWERS["_owned_paths"].items():
        if all(ANSWERS[option] in values for option, values in owners.items()):
            continue
        path = PROJECT / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        for parent in path.parents:
            if parent == PROJECT or not parent.is_dir() or any(parent.iterdir()):
                break
            parent.rmdir()


def set_up():
    """Run the project's own bootstrap; return what it left undone as (reason, command)."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(PROJECT / "scripts"))
    import bootstrap

    return bootstrap.set_up(bootstrap.STEPS if ANSWERS["install"] else bootstrap.FILES_ONLY)


def git(*words):
    """Run git quietly in the project; return whether it succeeded."""
    return subprocess.run(["git", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def commit():
    """Put the project under version control; return what is left of it as (reason, command)."""
    first_commit = "git add . && git commit -m 'Start the project'"
    if shutil.which("git") is None:
        return [("git is not installed", f"git init && {first_commit}")]
    if git("rev-parse", "--is-inside-work-tree"):
        return []
    if not git("init", "--initial-branch=main"):
        return [("git could not make a repository", f"git init && {first_commit}")]
    if not git("var", "GIT_AUTHOR_IDENT") or not (git("config", "user.name") and git("config", "user.email")):
        return [("git does not know who you are, so nothing is committed", first_commit)]
    if not (git("add", "--all") and git("commit", "--quiet", "--no-verify", "--message", "Start the project")):
        return [("git could not commit", first_commit)]
    return []


def wrap(words, width):
    """Yield the shell `words` as lines of at most `width` characters that can be pasted together."""
    line = words[0]
    for word in words[1:]:
        if len(line) + len(word) + 3 > width:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line += f" {word}"
    yield line


def report(left):
    """Print what was made and only what is still to do, for the terminal that there is."""
    fancy = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    bold, green, yellow, dim, off = (f"\033[{code}m" if fancy else "" for code in (1, 32, 33, 2, 0))
    took = time.monotonic() - STARTED
    print(f"\n{green}{bold}{PROJECT.name}{off} is ready in {bold}{PROJECT}{off} ({took:.1f} s)")
    if left:
        print(f"\n{yellow}Still to do:{off}")
        for reason, command in left:
            print(f"  {bold}{command}{off}\n      {dim}{reason}{off}")
    print(f"\nNext:\n  {bold}cd {shlex.quote(os.path.relpath(PROJECT, START))}{off}\n  {bold}make run{off}")
    width = min(shutil.get_terminal_size().columns, 80)
    print(f"\n{dim}The same again, without questions:{off}")
    print("\n".join(f"  {line}" for line in wrap(REPEAT, width - 2)), flush=True)


def main():
    """Do each step in its turn; an interrupt ends the set-up, never the project."""
    prune()
    under_cruft = "_output_dir" not in ANSWERS
    if under_cruft:
        # cruft also renders in scratch folders, only to compare: a secret or an environment has no place there.
        report([("the environment is not made yet", "make setup")])
        return
    left = set_up()
    report([*left, *commit()])


if __name__ == "__main__":
    main()
