"""Finish the rendered project: remove, fill in, set up, commit, report.

The answers enter once, as data. Nothing here may fail because of the machine: what cannot be done
now is named at the end with its command.
"""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import unicodedata
from pathlib import Path

ANSWERS = json.loads("<< cookiecutter | json | python >>")
REPEAT = json.loads("<< cookiecutter | repeat_command | json | python >>")
CRUFT = json.loads("<< cookiecutter | cruft_state | json | python >>")
TOOL = "<< tool | python >>"
CHOSEN = json.loads("<< chosen | json | python >>")
BEGAN = float("<< began >>")
# What an answer brings beside what was asked for, in a line each.
IMPLIED = {
    ("jobs", "celery", "compose"): "jobs need a broker, so compose.yaml has a Redis for their messages",
    ("jobs", "celery", "kubernetes"): "jobs need a broker: deploy/k8s/README.md says which",
    ("jobs", "celery", "systemd"): "jobs need a broker: deploy/systemd/README.md says which",
    ("jobs", "celery", "none"): "jobs need a broker in production: BROKER_URL names it",
}
FIRST_COMMIT = "git add . && git commit -m 'Start the project'"
PROJECT = Path.cwd()
# Where the user stands, without the links on the way, as the project's own path is.
START = os.path.realpath(os.environ.get("PWD") or PROJECT.parent)


def remove_empty_folders():
    """Remove the folders that stayed empty because their owner was not chosen."""
    for name, owners in ANSWERS["_owned_paths"].items():
        if all(ANSWERS[option] in values for option, values in owners.items()):
            continue
        inner = (Path(folder) for folder, _, _ in os.walk(PROJECT / name, topdown=False))
        for folder in (*inner, *(PROJECT / name).parents):
            if folder == PROJECT or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def write_cruft_file():
    """Write what `make template-update` and cruft need, where there is a template that they can fetch."""
    if CRUFT:
        text = json.dumps(CRUFT, ensure_ascii=False, indent=2, separators=(",", ": "))
        (PROJECT / ".cruft.json").write_text(f"{text}\n", encoding="utf-8", newline="\n")


def interrupt(*_):
    """Stop the set-up once; somebody who presses Ctrl-C twice means the same."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def set_up():
    """Run the project's own bootstrap; return what it left undone as (reason, command)."""
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(PROJECT / "scripts"))
    import bootstrap

    try:
        # Until here Ctrl-C waited, and it will again: the project is whole, only this may be cut short.
        signal.signal(signal.SIGINT, interrupt)
        return bootstrap.set_up(*(bootstrap.SETUP if ANSWERS["install"] else [".env"]))
    except KeyboardInterrupt:
        return [("the set-up was interrupted", "make setup")]
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def git(*words):
    """Run git quietly in the project; return whether it succeeded."""
    # A name that git would guess from the machine is nobody's identity; a new repository needs no maintenance.
    command = ["git", "-c", "user.useConfigOnly=true", "-c", "maintenance.auto=false", *words]
    quiet = subprocess.DEVNULL
    # In a group of its own: git would obey a Ctrl-C that we let pass.
    done = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, process_group=0, check=False)
    return done.returncode == 0


def commit():
    """Put the project under version control; return what is left of it as (reason, command)."""
    if shutil.which("git") is None:
        return [("git is not installed", f"git init && {FIRST_COMMIT}")]
    if git("rev-parse", "--is-inside-work-tree"):
        return []
    if not git("init", "--initial-branch=main"):
        return [("git could not make a repository here", f"git init && {FIRST_COMMIT}")]
    if git("add", "--all") and git("commit", "--quiet", "--no-verify", "--message", "Start the project"):
        return []
    if not git("var", "GIT_COMMITTER_IDENT"):
        author = [shlex.quote(ANSWERS[f"author_{part}"]) for part in ("name", "email")]
        identity = f"git config user.name {author[0]} && git config user.email {author[1]} && {FIRST_COMMIT}"
        return [("git does not know your name and e-mail, so nothing is committed", identity)]
    return [("git could not commit", FIRST_COMMIT)]


def leave_commit():
    """Return the first commit as something that is left to do."""
    return [("cruft adds .cruft.json at the end", f"git init && {FIRST_COMMIT}")]


def columns(text):
    """Return how many columns of a terminal `text` takes; Korean letters, for example, take two each."""
    return len(text) + sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def wrap(words, width):
    """Yield the shell `words` as lines of at most `width` characters that can be pasted together."""
    line = words[0]
    for word in words[1:]:
        if columns(line) + columns(word) + 3 > width:
            yield f"{line} \\"
            line = f"  {word}"
        else:
            line += f" {word}"
    yield line


def shown(path):
    """Return how the user may name `path`: from where they stand when that is shorter."""
    # On Windows there is no way from one drive to another.
    with contextlib.suppress(ValueError):
        return min(os.path.relpath(path, START), str(path), key=len)
    return str(path)


def report(left):
    """Print what was made and only what is still to do, for the terminal that there is."""
    fancy = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    bold, green, yellow, dim, off = (f"\033[{code}m" if fancy else "" for code in (1, 32, 33, 2, 0))
    width = min(shutil.get_terminal_size().columns, 80)
    folder = shown(PROJECT)
    print(f"\nCreated {green}{bold}{folder}{off} in {time.time() - BEGAN:.1f} s")
    words = ", ".join(f"{key} {ANSWERS[key]}" for key in CHOSEN).replace("_", " ").lower()
    for line in textwrap.wrap(words, max(width - 2, 20)):
        print(f"  {dim}{line}{off}")
    for (option, value, deployment), line in IMPLIED.items():
        if ANSWERS[option] == value and ANSWERS["deployment"] == deployment:
            print(textwrap.fill(line, max(width - 2, 20), initial_indent="  ", subsequent_indent="  "))
    if not CRUFT and TOOL != "cruft create":
        print(f"  {dim}no .cruft.json: this template has no public address to update from{off}")
    if left:
        print(f"\n{yellow}Still to do, inside {folder}{off}")
        for reason, command in left:
            print(f"  {bold}{command}{off}\n    {dim}{reason}{off}")
    print(
        f"\nNext\n  {bold}cd {shlex.quote(folder)}{off}\n  {bold}make run{off}   {dim}# then open http://127.0.0.1:5000{off}"
    )
    print("\nRepeat without questions")
    beside = os.path.dirname(folder)
    again = [*REPEAT, "-o", shlex.quote(beside)] if beside else REPEAT
    print("\n".join(f"  {dim}{line}{off}" for line in wrap(again, width - 2)), flush=True)


def main():
    """Do each step in its turn; whatever goes wrong with the machine is named, and the project kept."""
    # Cookiecutter leaves this rendered copy in the temporary folder.
    with contextlib.suppress(OSError):
        Path(__file__).unlink()
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as we run
    sys.stdout.reconfigure(errors="replace")
    steps = (remove_empty_folders, write_cruft_file, set_up, commit)
    if "_output_dir" not in ANSWERS:
        # cruft updates and compares in scratch folders: no secret or environment belongs there. And
        # when it creates a project, its own file comes after us and wants to be in the first commit.
        created = TOOL == "cruft create"
        steps = (remove_empty_folders, set_up, leave_commit) if created else (remove_empty_folders,)
    left = []
    for step in steps:
        try:
            left += step() or []
        except Exception as error:
            left.append((f"{step.__name__.replace('_', ' ')}: {error}", "make setup"))
    try:
        if len(steps) > 1:
            report(left)
    except Exception:
        # Most likely nobody reads what we print: Python would try again at the end, and fail. Whatever it
        # is, it is no reason to lose the project.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
