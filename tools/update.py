"""Merge what is new in the template into a project: what its `make template-update` runs, from a fresh clone of the template.

The project is rendered twice from its own answers, by the version that it has and by the newest one. git merges the
difference between the two as it merges a commit (`git cherry-pick`), so that it follows renamed files, and leaves
what only somebody can decide as a conflict.

    python update.py PROJECT [option=value ...]

An `option=value` changes an answer: `cache=redis` adds a cache to a project that had none.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).resolve().parent.parent
STATE = ".cruft.json"
# An owner's new file stays where it is when the template moves the folder; conflicts show what both have changed.
MERGE = ("-c", "merge.directoryRenames=false", "-c", "merge.conflictStyle=diff3")
# A conflict in which both sides have added lines, and neither has changed one.
ADDED = re.compile(r"^<{7} .*\n((?:.*\n)*?)\|{7} .*\n={7}\n((?:.*\n)*?)>{7} .*\n", re.MULTILINE)

Answers = dict[str, Any]


class Refused(Exception):
    """The update cannot begin; the message says what to type."""


def run(*command: str | Path, cwd: Path, check: bool = True, **variables: str) -> str:
    """Return what a program prints.

    Raises:
        Refused: it failed; the message is what it said.
    """
    env = os.environ | variables
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, encoding="utf-8", check=False)
    if check and done.returncode:
        raise Refused(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def with_cookiecutter() -> Path:
    """Return a Python that has Cookiecutter; make an environment in the clone where this one has none."""
    try:
        import cookiecutter  # noqa: F401
    except ImportError:
        folder = TEMPLATE / ".venv"
        venv.create(folder, with_pip=True)
        python = next(
            path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()
        )
        packages = ("--require-hashes", "-r", "requirements.txt")
        quiet = ("--quiet", "--disable-pip-version-check")
        run(python, "-m", "pip", "install", *quiet, *packages, cwd=TEMPLATE)
        return python
    return Path(sys.executable)


def newest(old: str) -> str:
    """Return the commit to update to: the newest release after `old`, or where there is none the newest commit.

    Raises:
        Refused: the template does not know `old`.
    """
    if not run("git", "cat-file", "-t", old, cwd=TEMPLATE, check=False):
        raise Refused(
            f"The template has no commit {old[:9]}, which {STATE} names: cruft link ADDRESS writes it anew."
        )
    order = (
        "-c",
        "versionsort.suffix=-rc",
        "tag",
        "--list",
        "v*",
        "--sort=-version:refname",
        "--contains",
        old,
    )
    released = run("git", *order, cwd=TEMPLATE).split()
    return run("git", "rev-parse", f"{released[0] if released else 'HEAD'}^{{commit}}", cwd=TEMPLATE)


def options(template: Path) -> Answers:
    """Return the questions of a version of the template."""
    table = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    return {name: values for name, values in table.items() if not name.startswith("_")}


def fitting(answers: Answers, template: Path) -> Answers:
    """Return the answers that a version of the template knows; say which value it offers no more."""
    fit = {}
    for name, choices in options(template).items():
        if name in answers and isinstance(choices, list) and answers[name] not in choices:
            print(f"  {name}={answers[name]} is no longer offered; {choices[0]} takes its place")
        elif name in answers:
            fit[name] = answers[name]
    return fit


def render(
    python: Path, commit: str, answers: Answers, changed: Answers, folder: Path
) -> tuple[Path, Answers]:
    """Return the project that a version of the template writes, and all its answers.

    Parameters:
        python: has Cookiecutter.
        commit: the version.
        answers: those of the project; new questions take their default.
        changed: answers as somebody has typed them; the template refuses what it does not know.
        folder: an empty one to work in.
    """
    template = folder / "template"
    run("git", "worktree", "add", "--detach", template, commit, cwd=TEMPLATE)
    fit = fitting(answers, template) | changed | {"install": False}
    words = [f"{name}={value}" for name, value in fit.items()]
    # Its replay file goes to a home of its own, and nobody's defaults come in.
    home = {"HOME": str(folder), "USERPROFILE": str(folder)}
    unattended = ("--no-input", "--default-config", "--output-dir", str(folder / "project"))
    run(python, "-m", "cookiecutter", str(template), *unattended, *words, cwd=folder, **home)
    [replay] = (folder / ".cookiecutter_replay").glob("*.json")
    context = json.loads(replay.read_text(encoding="utf-8"))["cookiecutter"]
    private = ("_output_dir", "_repo_dir", "_checkout")
    used = {name: value for name, value in context.items() if name not in private}
    [project] = (folder / "project").iterdir()
    return project, used | {name: value for name, value in answers.items() if name == "install"}


def tree(project: Path, rendered: Path, state: str, index: Path) -> str:
    """Return the tree in the project's repository that holds the files of a rendered one.

    Parameters:
        project: has the repository.
        rendered: whose files, but for what its .gitignore names.
        state: the contents of its .cruft.json.
        index: a file that does not exist yet.
    """
    (rendered / STATE).write_text(state, encoding="utf-8", newline="\n")
    git_dir = run("git", "rev-parse", "--absolute-git-dir", cwd=project)
    variables = {"GIT_DIR": git_dir, "GIT_WORK_TREE": str(rendered), "GIT_INDEX_FILE": str(index)}
    run("git", "add", "--all", cwd=rendered, **variables)
    return run("git", "write-tree", cwd=rendered, **variables)


def merge(project: Path, base: str, theirs: str) -> None:
    """Apply the difference between two trees to the project, staged and not committed.

    Raises:
        Refused: git cannot merge at all; conflicts are no error.
    """
    identity = {
        f"GIT_{who}_{what}": f"template@{what.lower()}.invalid"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    old = run("git", "commit-tree", base, "-m", "The template as it was", cwd=project, **identity)
    new = run("git", "commit-tree", theirs, "-p", old, "-m", "The template as it is", cwd=project, **identity)
    pick = ("git", *MERGE, "cherry-pick", "--no-commit", new)
    done = subprocess.run(pick, cwd=project, capture_output=True, encoding="utf-8", check=False)
    if done.returncode and not conflicts(project):
        raise Refused(f"git cannot merge: {done.stderr}")
    for line in run("git", "status", "--porcelain", "-z", cwd=project).split("\0"):
        if line.startswith("DU "):  # the owner has removed it, and it stays removed
            run("git", "rm", "--quiet", "--force", "--", line[3:], cwd=project)
            print(f"  left out, because it was removed here: {line[3:]}")
    keep_both(project)


def keep_both(project: Path) -> None:
    """Where the owner and the template have added lines at the same place, keep the template's and then the owner's."""
    for path in conflicts(project):
        text = (project / path).read_text(encoding="utf-8")
        merged = ADDED.sub(r"\2\1", text)
        if merged != text:
            (project / path).write_text(merged, encoding="utf-8", newline="\n")
            print(f"  both have added lines: {path}")
            if not re.search(r"^<{7} ", merged, re.MULTILINE):
                run("git", "add", "--", path, cwd=project)


def conflicts(project: Path) -> list[str]:
    """Return the files that somebody has to decide on."""
    return run("git", "diff", "--name-only", "--diff-filter=U", cwd=project).splitlines()


def migrations(project: Path) -> dict[str, Path]:
    """Return the file of each migration by its revision, in the order of the files' names."""
    found = {}
    for path in sorted((project / "migrations/versions").glob("*.py")):
        if match := re.search(r"^revision\b.*= [\"'](.+)[\"']", path.read_text(encoding="utf-8"), re.M):
            found[match[1]] = path
    return found


def heads(project: Path) -> list[str]:
    """Return the migrations that no other one follows."""
    files, followed = migrations(project), set()
    for path in files.values():
        for line in re.findall(r"^down_revision\b.*= (.+)", path.read_text(encoding="utf-8"), re.M):
            followed.update(re.findall(r"[\"'](.+?)[\"']", line))
    return sorted(set(files) - followed)


def follow(project: Path, was: Path, now: Path) -> None:
    """Let new migrations come after the project's newest one, and leave those that it has as they were.

    A database that has had a migration counts as having had all before it: nothing may come in between.

    Parameters:
        project: its own migrations count too.
        was: the project as the old version writes it.
        now: as the new one does; its migrations are changed.
    """
    known, old = migrations(project), migrations(was)
    ends = heads(project)
    if len(ends) != 1:
        return
    for revision, path in migrations(now).items():
        if revision in known:
            if revision in old:
                path.write_bytes(old[revision].read_bytes())
            continue
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"^down_revision\b.*", f'down_revision = "{ends[0]}"', text, flags=re.M)
        text = re.sub(r"^(Revision: .*, after )[^\s.]+", rf"\g<1>{ends[0]}", text, flags=re.M)
        path.write_text(text, encoding="utf-8", newline="\n")
        ends = [revision]


def news(old: str, new: str) -> list[str]:
    """Return the lines of the changelog that were added."""
    difference = run("git", "diff", "--unified=0", old, new, "--", "CHANGELOG.md", cwd=TEMPLATE)
    return [line[1:] for line in difference.splitlines() if re.match(r"\+[^+\s]", line)]


def update(project: Path, changed: Answers) -> int:
    """Update the project; return how many things are left to decide.

    Raises:
        Refused: nothing was changed.
    """
    file = project / STATE
    if not file.exists():
        raise Refused(f"{project.name} has no {STATE}: cruft link ADDRESS-OF-THE-TEMPLATE writes it.")
    if run("git", "rev-parse", "--show-prefix", cwd=project):
        raise Refused("The project is a folder of a larger repository: cruft update takes it from there.")
    if run("git", "status", "--porcelain", cwd=project):
        raise Refused("Commit or stash your changes first: an update must not mix with them.")
    before = file.read_text(encoding="utf-8")
    state = json.loads(before)
    answers = {
        key: value for key, value in state["context"]["cookiecutter"].items() if not key.startswith("_")
    }
    old = state["commit"]
    new = newest(old)
    if unknown := set(changed) - set(options(TEMPLATE)):
        raise Refused(f"There is no option {min(unknown)}: docs/options.md of the template lists them.")
    if (old, changed) == (new, {}):
        print("Nothing is new in the template.")
        return 0
    if old == new:
        print("The template has nothing newer; only the answers change.")
    elif lines := news(old, new):
        print("\n".join(["New in the template:", *lines, ""]))
    else:
        print("The template has small changes; its changelog names none of them.")
    python = with_cookiecutter()
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, version) for version in ("old", "new")]
        for folder in folders:
            folder.mkdir()
        was, _ = render(python, old, answers, {}, folders[0])
        now, context = render(python, new, answers, changed, folders[1])
        follow(project, was, now)
        context |= {"_template": state["template"], "_commit": new}
        state |= {"commit": new, "context": {"cookiecutter": context}}
        after = json.dumps(state, ensure_ascii=False, indent=2, separators=(",", ": ")) + "\n"
        base = tree(project, was, before, Path(name, "old.index"))
        theirs = tree(project, now, after, Path(name, "new.index"))
    merge(project, base, theirs)
    return report(project)


def report(project: Path) -> int:
    """Print what came and what is left to do; return how many things are left."""
    print(run("git", "diff", "--staged", "--shortstat", cwd=project) or "No file changed.")
    unsolved, ends = conflicts(project), heads(project)
    for path in unsolved:
        print(f"  conflict in {path}: edit it, then git add {path}")
    if len(ends) > 1:
        print(f"  the migrations have {len(ends)} heads, {', '.join(ends)}: make setup, then")
        print("    .venv/bin/flask db merge heads -m 'Merge the migrations of the template'")
    print("Then: make setup migrate format check, read git diff HEAD, and")
    print("    git diff --check HEAD && git commit --all    # the check refuses what is still in conflict")
    print("To undo all of it, before you migrate or commit: git reset --hard")
    return len(unsolved) + max(len(ends) - 1, 0)


def main() -> None:
    """Update the project that the command line names."""
    folder, *words = sys.argv[1:] or ["."]
    try:
        changed = dict(word.split("=", 1) for word in words if "=" in word)
        if len(changed) < len(words):
            raise Refused("An answer is changed by option=value, such as cache=redis.")
        left = update(Path(folder).resolve(), changed)
    except Refused as reason:
        sys.exit(str(reason))
    sys.exit(1 if left else 0)


if __name__ == "__main__":
    main()
