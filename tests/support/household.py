"""The template as it is published, and a project that takes newer versions of it by `make template-update`."""

import os
import subprocess
import sys
from pathlib import Path

import workspace
from workspace import TEMPLATE, Place

ADDRESS = "https://templates.example.com/flask-starter"
TREE = "<<cookiecutter.project_slug>>"


class Household:
    """The template with its address, and a project.

    Parameters:
        place: where its owner works.
        since: the commit that is published first; what stands here without it.
    """

    def __init__(self, place: Place, since: str = "") -> None:
        self.place = place
        self.template = place.root / "published"
        self.clone = place.root / "clone"
        self.project = place.target / "shop"
        # Nobody is at that address: git takes the folder in its place.
        instead = f'[url "{self.template}"]\n\tinsteadOf = {ADDRESS}\n'
        tools = f"{Path(sys.executable).parent}{os.pathsep}{place.env['PATH']}"  # with uv
        self.env = place.env | {"GIT_CONFIG_GLOBAL": str(place.home / ".gitconfig"), "PATH": tools}
        (place.home / ".gitconfig").write_text(workspace.IDENTITY + instead, encoding="utf-8")
        if since:
            self.git("clone", "--quiet", "--no-tags", str(TEMPLATE), str(self.template), cwd=place.root)
            self.git("checkout", "--quiet", "-B", "main", since, cwd=self.template)
            self.git("tag", "v1.0.0-rc1", cwd=self.template)
        else:
            workspace.copy_template(self.template)
            self.git("init", "--quiet", "--initial-branch=main", cwd=self.template)
            self.publish("v1.0.0")

    def git(self, *words: str, cwd: Path) -> str:
        """Run git as the owner."""
        return workspace.output_of(("git", *words), cwd=cwd, env=self.env)

    def publish(self, version: str) -> None:
        """Commit the template as it stands in its folder, and tag it."""
        self.git("add", "--all", cwd=self.template)
        self.git("commit", "--quiet", "--message", version, cwd=self.template)
        self.git("tag", version, cwd=self.template)

    def publish_what_stands_here(self, version: str) -> None:
        """Publish the template that is tested."""
        self.git("rm", "-r", "--quiet", ".", cwd=self.template)
        workspace.copy_template(self.template)
        self.publish(version)

    def generate(self, *words: str) -> None:
        """Generate the project from a fresh clone."""
        self.git("clone", "--quiet", ADDRESS, str(self.clone), cwd=self.place.root)
        given = ("project_name=Shop", "install=false", *words)
        done = workspace.cookiecutter(self.place.target, *given, env=self.env, template=self.clone)
        assert done.returncode == 0, done.stdout + done.stderr

    def save(self, message: str = "Work") -> None:
        """Commit the project."""
        self.git("add", "--all", cwd=self.project)
        self.git("commit", "--quiet", "--message", message, cwd=self.project)

    def make(self, target: str, *words: str, check: bool = True) -> str:
        """Run a command of the project's Makefile; return what it prints."""
        command = ("make", "--silent", target, *words)
        # The tools of the tests stand in for those that the clone would install.
        env = self.env | {"PYTHON": sys.executable, "MAKEFLAGS": ""}
        return workspace.output_of(command, cwd=self.project, env=env, check=check)

    def run(self, *words: str) -> str:
        """Run a program of the project's environment; return what it prints."""
        program = self.project / ".venv/bin" / words[0]
        return workspace.output_of((program, *words[1:]), cwd=self.project, env=self.env)

    def update(self, *words: str) -> tuple[int, str]:
        """Take the newest version; return the exit code and what is printed."""
        done = subprocess.run(
            ["make", "--silent", "template-update", f"ARGS={' '.join(words)}"],
            cwd=self.project,
            env=self.env | {"PYTHON": sys.executable, "MAKEFLAGS": ""},
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def state(self) -> str:
        """Return what is not committed."""
        return self.git("status", "--porcelain", cwd=self.project)


def edit(file: Path, old: str, new: str) -> None:
    """Replace a text of a file, as its owner would."""
    text = file.read_text(encoding="utf-8")
    assert old in text, file
    file.write_text(text.replace(old, new), encoding="utf-8")
