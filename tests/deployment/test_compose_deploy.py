"""`deploy.sh` that is interrupted, or whose Docker fails, at any of its steps: Nginx always asks somebody who is there."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from compose_stack import bake
from workspace import SUPPORT

JOBS = ("scheduler", "worker")
STAND_IN = SUPPORT / "docker_stand_in.sh"


class Deployment:
    """One run of `deploy.sh` with a stand-in for Docker.

    Parameters:
        project: whose it is.
        folder: where the stand-in keeps what there is; new.
        fault: what happens.
        number: at which of the calls to Docker.
        command: what runs.
    """

    def __init__(
        self,
        project: Path,
        folder: Path,
        fault: str = "",
        number: int = 0,
        command: str = "sh deploy/compose/deploy.sh",
    ) -> None:
        self.folder = folder
        for name in ("web", "jobs", "tags", "bin"):
            (folder / name).mkdir(parents=True)
        # An image that somebody has built meanwhile, and that never served.
        files = {"web/older": "served", "tags/latest": "built", "asked": "older", "workers": "0"}
        files |= {f"jobs/older-{name}": "served" for name in JOBS}
        for name, text in files.items():
            (folder / name).write_text(f"{text}\n")
        shutil.copy(STAND_IN, folder / "bin" / "docker")
        (folder / "bin" / "sleep").write_text("#!/bin/sh\n")
        for program in (folder / "bin").iterdir():
            program.chmod(0o755)
        done = subprocess.run(
            ["sh", "-c", f'echo $$ >"$STAND_IN/pid" && exec {command}'],
            cwd=project,
            env=os.environ
            | {"STAND_IN": str(folder), "PROJECT": str(project), "FAULT": fault, "NUMBER": str(number)}
            | {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
            # What is ignored at the start of a shell cannot be trapped.
            preexec_fn=lambda: [
                signal.signal(each, signal.SIG_DFL) for each in (signal.SIGHUP, signal.SIGINT)
            ],
        )
        self.code = done.returncode
        self.calls = (folder / "calls").read_text().splitlines()
        self.said = "\n".join((f"{fault} at {number}", *self.calls, done.stdout, done.stderr))

    def read(self, name: str) -> str:
        """Give what a file of the stand-in's says; nothing where there is none."""
        path = self.folder / name
        return path.read_text().strip() if path.exists() else ""

    @property
    def serving(self) -> list[str]:
        """The containers of the application."""
        return sorted(path.name for path in (self.folder / "web").iterdir())

    @property
    def jobs(self) -> list[str]:
        """The containers of the worker and the scheduler."""
        return sorted(path.name for path in (self.folder / "jobs").iterdir())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with every step that a deployment may have."""
    answers = ("install=false", "database=postgresql", "jobs=celery")
    folder = bake(tmp_path_factory.mktemp("deploy"), "Deploy", *answers)
    (folder / "secrets").mkdir()
    return folder


def test_deployment_replaces_what_serves(project: Path, tmp_path: Path):
    done = Deployment(project, tmp_path / "state")
    assert done.code == 0, done.said
    assert done.serving == ["newer"]
    assert done.jobs == [f"newer-{name}" for name in JOBS]
    images = [done.read(name) for name in ("tags/latest", "jobs/newer-worker", "tags/previous")]
    assert images == ["next", "next", "served"]


def test_start_keeps_the_image_that_ran_before(project: Path, tmp_path: Path):
    (project / "requirements.txt").touch()
    started = Deployment(project, tmp_path / "state", command="make up")
    assert started.code == 0, started.said
    assert [started.read(f"tags/{tag}") for tag in ("latest", "previous")] == ["next", "served"]


@pytest.mark.parametrize("health", ["1 starting", "0 unhealthy", "2 unhealthy"])
def test_release_that_crashes_or_is_unhealthy_is_refused_at_once(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, health: str
):
    monkeypatch.setenv("HEALTH", health)
    done = Deployment(project, tmp_path / "state")
    assert done.code, done.said
    assert (done.serving, done.jobs) == (["older"], [f"older-{name}" for name in JOBS]), done.said
    assert sum(call.startswith("inspect --format {{.RestartCount}}") for call in done.calls) == 1, done.said
    assert any(call.startswith("logs ") or " logs " in call for call in done.calls), done.said


@pytest.mark.parametrize("fault", ["HUP", "INT", "fails", "gone"])
def test_deployment_survives_at_every_step(project: Path, tmp_path: Path, fault: str):
    upstream = project / "deploy" / "nginx" / "upstream.conf"
    by_name = upstream.read_text()
    calls = len(Deployment(project, tmp_path / "whole").calls)
    outcomes = set()
    for number in range(1, calls + 1):
        done = Deployment(project, tmp_path / str(number), fault, number)
        asked = done.read("asked").split()
        assert asked, done.said
        assert not set(asked) - set(done.serving), done.said
        assert not done.read("lost"), done.said
        assert upstream.read_text() == by_name, done.said
        assert not (project / "secrets" / "deploying").exists(), done.said
        outcomes.add(tuple(done.serving))
        if done.serving == ["older"]:
            assert done.code, done.said
            assert done.jobs == [f"older-{name}" for name in JOBS], done.said
        elif fault == "HUP":  # too late, and nothing failed
            newer = [f"newer-{name}" for name in JOBS]
            assert (done.code, done.serving, done.jobs) == (0, ["newer"], newer), done.said
    assert {("older",), ("newer",)} <= outcomes


def test_start_after_a_killed_deployment_returns_to_the_name(project: Path):
    upstream = project / "deploy" / "nginx" / "upstream.conf"
    by_name = upstream.read_text()
    upstream.rename(f"{upstream}.by-name")
    for left in ("server 192.0.2.1:8000 max_fails=0;\n", None):  # killed after the addresses, or before them
        if left:
            upstream.write_text(left)
        subprocess.run(["sh", "deploy/compose/prepare.sh"], cwd=project, check=True, capture_output=True)
        assert upstream.read_text() == by_name
        assert not Path(f"{upstream}.by-name").exists()
        upstream.rename(f"{upstream}.by-name")
    Path(f"{upstream}.by-name").rename(upstream)


def test_certificate_that_expires_within_two_weeks_is_named(project: Path):
    def prepare() -> str:
        done = subprocess.run(
            ["sh", "deploy/compose/prepare.sh"], cwd=project, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    assert prepare() == ""
    tls = project / "secrets" / "tls"
    words = [
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "13",
        "-subj",
        "/CN=x",
    ]
    files = ["-keyout", tls / "privkey.pem", "-out", tls / "fullchain.pem"]
    subprocess.run(["openssl", "req", *words, *files], check=True, capture_output=True)
    assert "expires within two weeks" in prepare()
    (tls / "fullchain.pem").unlink()
    assert prepare() == ""
